#!/bin/bash
# `espseal audit`: of devices, files and what the ROM tells in secure download mode; its forms, gates and baselines.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/profiles.sh
. "$SOURCE/tests/cli/profiles.sh"
cd "$work"
fail() {
    echo "FAIL: $*"
    head -c 3000 out
    cat err
    exit 1
}
# check STATUS WORD...
check() {
    local want=$1 status=0
    shift
    "$espseal" audit "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "audit $* exits $status, not $want"
}
says() {
    grep -q -- "$1" out err || fail "it does not say $1"
}
verdict() { # ID VERDICT, of JSON
    jq -e --arg id "$1" --arg verdict "$2" '.checks[] | select(.id == $id) | .verdict == $verdict' out >/dev/null ||
        fail "$1 is not $2: $(jq -c --arg id "$1" '.checks[] | select(.id == $id)' out)"
}

# --- the list, and that each remedy names commands that there are ---
check 0 --list
says '^  SB-ENABLED  *production  *secure boot is on$'
check 0 --list --json
jq -e 'length >= 44 and all(.[]; (.id | test("^[A-Z-]+$")) and .goal and .title and .explains and .consequence and
    .remedy and .guide and (.level | IN("advice", "development", "production")))' out >/dev/null || fail "the list"
"$espseal" help --commands >commands
# a command is one or two words, of which the second may be an option or prose
jq -r '.[].remedy' out | grep -o 'espseal [a-z-]* *[a-z-]*' | sort -u >remedies
while read -r _ first second; do
    grep -qxE -- "$first( $second)?" commands || fail "a remedy says \"espseal $first $second\""
done <remedies

# --- a blank device ---
blank=(--port "sim:esp32c3?efuse=blank.efuse&flash=blank.flash")
check 0 "${blank[@]}"
says '^  FAIL  *SB-ENABLED  *secure boot is on'
says 'so: anybody who can write the flash'
says 'do: espseal provision'
says '^does not meet what a development device must'
check 7 "${blank[@]}" --require development
says 'error: 1 required check failed or is unknown'
check 7 "${blank[@]}" --require production
check 0 "${blank[@]}" --json
verdict BOOT fail
verdict FE-ENABLED fail
verdict SECRETS unknown
verdict EFUSE-ERRORS pass
jq -e '.chip == "esp32c3" and (.mac | length) == 12 and .meets.production == false and
    (.summary | add) == (.checks | length)' out >/dev/null || fail "the JSON"
check 0 "${blank[@]}" --json --whole-flash
verdict SECRETS pass
check 0 "${blank[@]}" --json --fuses-only
verdict BOOT unknown
verdict OTA-SLOTS unknown

# --- a sealed one, by an example profile ---
cp "$SOURCE/examples/production-esp32c3.json" .
profile_files esp32c3
sealed="sim:esp32c3?efuse=efuse.bin&flash=flash.bin"
"$espseal" provision --profile production-esp32c3.json --confirm burn --json --port "$sealed" >receipt.json 2>err </dev/null ||
    fail "provision exits $?"
fuses=(--chip esp32c3 --efuse-file efuse.bin)
files=("${fuses[@]}" --flash-file flash.bin)
check 0 "${files[@]}" --require production
says 'verified against the burned digests'
says '^meets what a production device must'
# the ROM alone: nothing passes that it does not tell
check 7 --port "$sealed" --json --require production
says 'warning: the chip is in secure download mode'
for id in SB-ENABLED FE-ENABLED DL-MODE; do verdict "$id" pass; done
for id in SB-DIGEST SB-RELEASE FE-KEY FE-PLAINTEXT ID-CERT SECRETS EFUSE-STRAY BOOT; do verdict "$id" unknown; done
# flash without fuses
check 0 --chip esp32c3 --flash-file flash.bin --json
verdict SB-ENABLED unknown
# a flash that was cut, a bit that fell over, a flash of another device
head -c 70000 flash.bin >cut.bin
check 7 "${fuses[@]}" --flash-file cut.bin --json --require production
verdict SECRETS unknown
verdict FE-PLAINTEXT unknown
cp flash.bin torn.bin
printf 'x' | dd of=torn.bin bs=1 seek=$((0x10040)) conv=notrunc status=none
check 0 "${fuses[@]}" --flash-file torn.bin --json
verdict SB-IMAGES fail
verdict BOOT fail
verdict SB-ENABLED pass
head -c 100 efuse.bin >short
check 2 --chip esp32c3 --efuse-file short
says 'not 100'
check 2 --chip esp32c3 --efuse-file efuse.bin --flash-file nothing.bin
says 'nothing.bin'

# --- a live proof, and a certificate that is another device's ---
"$espseal" identity key --type rsa:2048 --out device.key
"$espseal" identity csr --key device.key --subject /CN=device --out device.csr
"$espseal" identity cert --csr device.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out device.crt 2>err
live=(--port "sim:esp32c3?efuse=live.efuse&flash=live.flash")
"$espseal" provision "${live[@]}" --mode development --ca-cert ca.pem --device-cert device.crt --private-key device.key \
    --confirm burn --json >out 2>err </dev/null || fail "provision exits $?"
check 0 "${live[@]}" --json
verdict ID-PROOF pass
verdict ID-PERIPHERAL pass
verdict ID-LEAK pass
verdict ID-KEY fail
check 0 "${live[@]}" --json --flash-file live.flash
verdict ID-PROOF pass
check 0 --port "sim:esp32c3?efuse=other.efuse&flash=live.flash" --json
jq -e '.checks[] | select(.id == "ID-PROOF") | .verdict != "pass"' out >/dev/null || fail "a stranger proves the key"

# --- the forms ---
check 0 "${files[@]}" --format sarif --out audit.sarif
[ ! -s out ] || fail "stdout with --out"
jq -e '.version == "2.1.0" and (.["$schema"] | test("sarif-2.1.0")) and (.runs | length) == 1 and
    (.runs[0] | .tool.driver as $driver |
        $driver.name == "espseal" and ($driver.version | type) == "string" and
        all($driver.rules[]; (.id | type) == "string" and .shortDescription.text and .fullDescription.text and .help.text and
            (.defaultConfiguration.level | IN("none", "note", "warning", "error"))) and
        ($driver.rules | map(.id) | length == (unique | length)) and
        all(.results[]; (.message.text | type) == "string" and (.kind | IN("pass", "fail", "open", "notApplicable")) and
            (.level | IN("none", "note", "warning", "error")) and ((.kind == "fail") == (.level != "none")) and
            $driver.rules[.ruleIndex].id == .ruleId and
            .locations[0].physicalLocation.artifactLocation.uri == "flash.bin" and
            .locations[0].logicalLocations[0].fullyQualifiedName == "efuse.bin"))' audit.sarif >/dev/null ||
    fail "the SARIF"
check 2 "${files[@]}" --format sarif --out audit.sarif
check 0 "${files[@]}" --format sarif --out audit.sarif --force
check 0 "${blank[@]}" --format sarif
jq -e '[.runs[0].results[] | .locations[0].physicalLocation] == [.runs[0].results[] | null]' out >/dev/null ||
    fail "a device is no file"
check 0 "${files[@]}" --format markdown
says '^# Audit of ESP32-C3$'
says '^| SB-ENABLED | pass | secure boot is on |'
awk -F' [|] ' '/^[|] / && NF != 5 {bad = 1} END {exit bad}' out || fail "a row of the Markdown"
check 1 "${files[@]}" --out text.txt
check 1 "${files[@]}" --json --format sarif

# flash alone: what only fuses tell is unknown, once
check 0 --chip esp32c3 --flash-file cut.bin
[ "$(grep -A 1 'DL-USB' out | tail -n 1 | sed 's/^ *//')" = 'the eFuses cannot be read' ] || fail "of DL-USB: $(grep -A 1 DL-USB out)"

# --- a baseline, and what is required ---
day=$(date -u +%F)
cat >baseline.json <<EOF
{"accepted": [{"check": "BOOT", "reason": "no firmware yet", "expires": "$day"}]}
EOF
check 0 "${blank[@]}" --require development --baseline baseline.json
says '^  accepted  BOOT'
says 'accepted: no firmware yet'
check 0 "${blank[@]}" --baseline baseline.json --format sarif
jq -e '[.runs[0].results[] | select(.suppressions)] | length == 1 and .[0].ruleId == "BOOT" and
    .[0].suppressions[0] == {"kind": "external", "justification": "no firmware yet"}' out >/dev/null || fail "the suppression"
sed "s/$day/2025-01-31/" baseline.json >expired.json
check 7 "${blank[@]}" --require development --baseline expired.json
says 'warning: expired.json: BOOT was accepted until 2025-01-31'
echo '{"require": ["SB-ENABLED", "FE-UNIQUE"]}' >gate.json
check 7 "${files[@]}" --require gate.json
says 'error: 1 required check failed or is unknown (--require gate.json)'
echo '{"require": ["SB-ENABLED"]}' >gate.json
check 0 "${files[@]}" --require gate.json
# bad files, each by its name
bad() { # OPTION TEXT WORD...
    echo "$2" >bad.json
    check 2 "${files[@]}" "$1" bad.json
    says 'error: bad.json'
    check 2 --port /dev/no-such-port "$1" bad.json # before anything is asked of the device
}
bad --require '{"require": ["NOPE"]}'
bad --require '{"require": []}'
bad --require '{"require": "SB-ENABLED"}'
bad --require '{'
bad --baseline '{'
bad --baseline '{"accepted": 5}'
bad --baseline '{"accepted": [{"check": "NOPE", "reason": "x", "expires": "2030-01-01"}]}'
bad --baseline '{"accepted": [{"check": "BOOT", "reason": "", "expires": "2030-01-01"}]}'
bad --baseline '{"accepted": [{"check": "BOOT", "reason": "x"}]}'
bad --baseline '{"accepted": [{"check": "BOOT", "reason": "x", "expires": "31.1.2030"}]}'
bad --records '{"chip": "esp32c3"}'
bad --sdkconfig 'nothing'
check 2 "${files[@]}" --require prod
says 'prod'

# --- the firmware's options ---
printf '%s\n' '# CONFIG_ESP_TLS_INSECURE is not set' CONFIG_COMPILER_STACK_CHECK=y CONFIG_ESP_HTTPS_OTA_ALLOW_HTTP=y >sdkconfig
check 0 "${files[@]}" --sdkconfig sdkconfig --json
verdict FW-STACK pass
verdict FW-TLS fail
verdict FW-MEMPROT fail

# --- records: is a key used twice? ---
check 0 "${files[@]}" --json --records records
verdict FE-UNIQUE unknown
jq -e '.sealing.flash_encryption.key_sha256 | length == 64' receipt.json >/dev/null || fail "no fingerprint in the receipt"
mkdir more
jq '.mac = "02:00:00:00:00:99"' receipt.json >more/other.json
check 0 "${files[@]}" --json --records more
verdict FE-UNIQUE fail
jq '.mac = "02:00:00:00:00:99" | .sealing.flash_encryption.key_sha256 = "00"' receipt.json >more/other.json
check 0 "${files[@]}" --json --records more --records records
verdict FE-UNIQUE pass
# a key that is not the chip's
(umask 077 && head -c 32 /dev/urandom >wrong.key)
check 2 "${files[@]}" --flash-key wrong.key
chmod 644 wrong.key
check 2 "${files[@]}" --flash-key wrong.key
says 'wrong.key'
