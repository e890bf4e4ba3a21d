#!/bin/bash
# Profiles as people write them: every mistake named with its line before the chip changes, the schema and the reader
# of one mind, the examples sound, flags over --set over the file, and profile init, show and check.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/profiles.sh
. "$SOURCE/tests/cli/profiles.sh"
cd "$work"
: >err
profile_files esp32c3 || fail 'the inputs could not be made'
port='sim:esp32c3?efuse=efuse.bin&flash=flash.bin'
"$espseal" efuse summary --port "$port" >/dev/null
cp efuse.bin blank.bin
head -c 4194304 /dev/zero | tr '\0' '\377' >blank-flash.bin

# ended STATUS [TEXT]: how the last command ended, with text in its error.
ended() { [ "$status" -eq "$1" ] && grep -q -- "${2:-}" err; }

# --- every mistake: exit 2, one line with file, line and word, a hint, an unchanged chip ---
# The second argument replaces a line of the good profile ("N:text"), or is a whole file ("text").
cat >good.json <<'PROFILE'
{
  "chip": "esp32c3",
  "mode": "production",
  "firmware": [
    {"offset": "0x0", "file": "bootloader.bin"},
    {"offset": "0x8000", "file": "partition-table.bin"}
  ],
  "identity": {
    "subject": "/CN={mac}", "ca_cert": "ca.pem",
    "ca_key": "ca.key"
  },
  "secure_boot": {
    "version": 2,
    "digests": [{"key": "signing-key.pub.pem"}]
  },
  "flash_encryption": {
    "mode": "release"
  },
  "lockdown": {
    "jtag": "off",
    "download": "secure"
  }
}
PROFILE
"$espseal" profile check good.json 2>err || fail 'the good profile is refused'

bad() { # TEXT LINE:REPLACEMENT [WORD...]
    local text=$1 change=$2 status=0
    shift 2
    sed "${change%%:*}s^.*${change#*:}" good.json >bad.json
    "$espseal" provision --profile bad.json --port "$port" --confirm burn "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq 2 ] || fail "$change exits $status"
    [ "$(grep -c '^espseal: error: ' err)" -eq 1 ] || fail "$change: not one error line"
    tr '\n' ' ' <err | grep -q "^espseal: error: $text" || fail "$change: the error does not say \"$text\""
    grep -q '^espseal: hint: ' err || fail "$change: no hint"
    [ ! -s out ] || fail "$change: something on stdout"
    cmp -s efuse.bin blank.bin || fail "$change: FUSES CHANGED"
}
bad 'bad.json:3: mod: unknown word' '3:^"mod": "production",^'
grep -q 'did you mean mode?' err || fail 'the nearest word is not offered'
bad 'bad.json:20: lockdown.jtags: unknown word of lockdown' '20:^"jtags": "off",^'
grep -q 'did you mean jtag?' err || fail 'the nearest word of an object is not offered'
bad 'bad.json:3: jtag: unknown word' '3:^"mode": "production", "jtag": "off",^'
grep -q 'did you mean lockdown.jtag?' err || fail 'the word of another object is not offered'
bad 'bad.json: not JSON at line 4, column 3' '3:^"mode": "production"^'
bad 'bad.json:3: mode: cannot be "prod"' '3:^"mode": "prod",^'
bad 'bad.json:3: mode: must be a text' '3:^"mode": true,^'
bad 'bad.json:13: secure_boot.version: cannot be "3"' '13:^"version": 3,^'
bad 'bad.json:4: mode: stands there twice; the first time at line 3' '4:^"mode": "production", "firmware": [^'
bad 'bad.json: mode is missing' '3:^^'
bad 'bad.json:17: flash_encryption.mode: cannot be "none"' '17:^"mode": "none"^'
bad 'bad.json:5: firmware\[0\].offset: is no multiple of 4096' '5:^{"offset": "0x10", "file": "bootloader.bin"},^'
bad 'bad.json:6: firmware\[1\].offset: cannot be\|bad.json:6: firmware\[1\].offset: here is not a number' \
    '6:^{"offset": "here", "file": "partition-table.bin"}^'
bad 'bad.json:5: firmware\[0\].file: cannot open nowhere.bin' '5:^{"offset": 0, "file": "nowhere.bin"},^'
# words against each other
bad 'bad.json:9: identity.subject: excludes identity.device_cert (line 10)' \
    '10:^"ca_key": "ca.key", "device_cert": "ca.pem"^'
bad 'bad.json:10: identity.sign_cmd: excludes identity.ca_key (line 10)' '10:^"ca_key": "ca.key", "sign_cmd": "cat"^'
bad 'bad.json:9: identity.subject: nobody signs' '10:^"days": 30^'
bad 'bad.json:10: identity.private_key: needs identity.device_cert' '10:^"ca_key": "ca.key", "private_key": "ca.key"^'
bad 'bad.json:13: secure_boot.version: excludes secure_boot.digests' '13:^"version": 1,^'
bad 'bad.json:13: secure_boot.version: needs secure_boot.digests' '14:^"revoke_unused": false^'
bad 'bad.json:14: secure_boot.digests\[0\].key: excludes' '14:^"digests": [{"key": "signing-key.pub.pem", "file": "x"}]^'
bad 'bad.json:17: flash_encryption.mode: excludes mode development (line 3)' '3:^"mode": "development",^'
bad 'bad.json:17: flash_encryption.mode: excludes lockdown.jtag keep (line 20)' '20:^"jtag": "keep",^'
bad 'bad.json:20: lockdown.jtag: excludes mode development (--mode)' '17:^"mode": "development"^' --mode development
bad 'bad.json:10: identity.csr_only: excludes lockdown.download secure' '10:^"csr_only": true, "csr_out": "r.pem"^'
# words against the chip
bad 'bad.json:20: lockdown.usb_otg: .*ESP32-C3' '20:^"jtag": "off", "usb_otg": "off",^'
bad 'bad.json:20: lockdown.dpa: .*ESP32-C3' '20:^"jtag": "off", "dpa": "high",^'
bad 'bad.json:17: flash_encryption.size: the ESP32-C3 takes no key of 512 bits' '17:^"mode": "release", "size": 512^'
bad 'bad.json:3: storage: the ESP32-C3 has no ECDSA peripheral' '3:^"mode": "production", "storage": "ecdsa",^'
bad 'bad.json:10: identity.key_type: the ESP32-C3 takes no rsa:4096' '10:^"ca_key": "ca.key", "key_type": "rsa:4096"^'
bad 'bad.json:10: identity.efuse_key: the ESP32-C3 has no BLOCK_KEY\|bad.json:10: identity.efuse_key: 6 is not' \
    '10:^"ca_key": "ca.key", "efuse_key": 6^'
bad 'bad.json:8: identity: the ESP32-C2 has no DS' '2:^"chip": "esp32c2",^'
bad 'bad.json:13: secure_boot.version: excludes\|bad.json:2: chip: cannot be' '2:^"chip": "esp32x3",^'
bad 'bad.json:18: anti_rollback.secure_version: the ESP32-C3 counts versions to 16' \
    '18:^}, "anti_rollback": {"secure_version": 17},^'
bad 'bad.json:18: nvs_encryption.efuse_key: excludes identity.efuse_key 2 (--efuse-key)' \
    '18:^}, "nvs_encryption": {"scheme": "hmac", "efuse_key": 2},^' --efuse-key 2
bad 'bad.json:2: chip: the ESP32-C3 has 6 key blocks, and this profile fills 7' \
    '14:^"digests": [{"file":"1"},{"file":"2"},{"file":"3"}]}, "nvs_encryption": {"scheme": "hmac"}, "record": {^' \
    --set lockdown.jtag=soft
# words against files
bad 'bad.json:14: secure_boot.digests\[0\].key: .*checks rsa3072, not' '14:^"digests": [{"key": "ca.pem"}]^'
bad 'bad.json:14: secure_boot.digests\[1\].key: this is the key of secure_boot.digests\[0\] already' \
    '14:^"digests": [{"key": "signing-key.pub.pem"}, {"key": "signing-key.pem"}]^'
bad 'bad.json:17: flash_encryption.key: escrow.key holds' '17:^"mode": "release", "key": "escrow.key"^'
bad 'bad.json:17: flash_encryption.escrow_to: .*ca.key' '17:^"mode": "release", "escrow_to": "ca.key"^'
bad 'bad.json:5: firmware\[0\].file: image.bin would not start' '5:^{"offset": 0, "file": "image.bin"},^'
bad 'bad.json:6: firmware\[1\].file: .*overlaps' '6:^{"offset": "0x1000", "file": "partition-table.bin"}^'
tiny_image 9 other.bin
bad 'bad.json:5: firmware\[0\].file: other.bin is an image for ESP32-S3' '5:^{"offset": 0, "file": "other.bin"},^'
cp bootloader.bin broken.bin
printf 'x' | dd of=broken.bin bs=1 seek=40 conv=notrunc status=none
bad 'bad.json:5: firmware\[0\].file: broken.bin would not start' '5:^{"offset": 0, "file": "broken.bin"},^'
"$espseal" secure-boot keygen --out other.pem 2>err
"$espseal" secure-boot sign image.bin --key other.pem --out foreign.bin 2>err
bad 'bad.json:5: firmware\[0\].file: foreign.bin would not start' '5:^{"offset": 0, "file": "foreign.bin"},^'
bad 'bad.json:10: identity.ca_key: .*other.pem\|.*another key\|.*does not match' '10:^"ca_key": "other.pem"^'
chmod 644 ca.key
bad 'bad.json:10: identity.ca_key: ca.key .*can be read by others' '3:^"mode": "production",^'
chmod 600 ca.key
# --set and what is no profile
bad '--set flash_encryption.mod: unknown word' '3:^"mode": "production",^' --set flash_encryption.mod=release
bad '--set lockdown.jtag: cannot be "of"' '3:^"mode": "production",^' --set lockdown.jtag=of
bad '--set nonsense is not KEY=VALUE' '3:^"mode": "production",^' --set nonsense
status=0
"$espseal" provision --profile nowhere.json --port "$port" --confirm burn >out 2>err || status=$?
ended 2 'nowhere.json' || fail 'a profile that is not there'
: >empty.json
status=0
"$espseal" provision --profile empty.json --port "$port" --confirm burn >out 2>err || status=$?
ended 2 'empty.json is empty' || fail 'an empty profile'
cmp -s efuse.bin blank.bin || fail 'FUSES CHANGED'
[ ! -e flash.bin ] || cmp -s flash.bin blank-flash.bin || fail 'flash changed'

# --- words against the chip's present state: exit 5, the line, nothing burned ---
lost='sim:esp32c3?efuse=lost.bin&flash=lost-flash.bin'
"$espseal" efuse burn DIS_PAD_JTAG=1 --port "$lost" --confirm burn >out 2>err || fail 'JTAG cannot be closed'
cp lost.bin lost-before.bin
# refused_by_state TEXT LINE:REPLACEMENT
refused_by_state() {
    status=0
    sed "${2%%:*}s^.*${2#*:}" good.json >bad.json
    "$espseal" provision --profile bad.json --port "$lost" --confirm burn >out 2>err </dev/null || status=$?
    ended 5 || fail "$2 exits $status on a chip that forbids it"
    tr '\n' ' ' <err | grep -q "^espseal: error: bad.json:$1" || fail "$2: the error does not say \"$1\""
    cmp -s lost.bin lost-before.bin || fail "$2: FUSES CHANGED"
}
refused_by_state '20: lockdown.jtag: ' '20:^"jtag": "soft",^'
for n in 0 1 2 3; do
    head -c 32 /dev/urandom >key.bin
    chmod 600 key.bin
    "$espseal" efuse burn-key BLOCK_KEY$n --file key.bin --purpose USER --port "$lost" --confirm burn >out 2>err || fail "BLOCK_KEY$n"
done
cp lost.bin lost-before.bin
refused_by_state '8: identity: ' '3:^"mode": "production",^'

# --- the schema and the reader are of one mind ---
# A validator for what the schema is made of; it lists the paths that do not fit.
cat >validate.jq <<'JQ'
def fits($schema; $at):
    . as $value |
    (if $schema.type == "object" then
        if type != "object" then [$at] else
            [keys_unsorted[] | select($schema.properties[.] == null) | $at + "." + .] +
            [$schema.required[] | select($value[.] == null) | $at + "." + .] +
            [to_entries[] | select($schema.properties[.key] != null) | . as $e |
                ($e.value | fits($schema.properties[$e.key]; $at + "." + $e.key))[]] end
    elif $schema.type == "array" then
        if type != "array" or length > $schema.maxItems then [$at] else
            [.[] | fits($schema.items; $at + "[]")[]] end
    elif $schema.type == "string" then
        if type != "string" or length < ($schema.minLength // 0) or
            ($schema.pattern != null and (test($schema.pattern) | not)) then [$at] else [] end
    elif $schema.type == "boolean" then if type != "boolean" then [$at] else [] end
    elif $schema.type == "integer" then
        if type != "number" or floor != . or . < $schema.minimum or . > $schema.maximum then [$at] else [] end
    elif $schema.enum != null then if any($schema.enum[]; . == $value) then [] else [$at] end
    elif $schema.anyOf != null then
        if any($schema.anyOf[]; . as $one | $value | fits($one; $at) == []) then [] else [$at] end
    else ["the schema has an unknown form at " + $at] end);
fits($schema[0]; "")
JQ
"$espseal" profile schema >schema.json
cmp -s schema.json "$SOURCE/man/profile.schema.json" || fail 'the published schema is an old one: run man/generate'
jq -e '."$schema" == "https://json-schema.org/draft/2020-12/schema"' schema.json >out || fail 'the schema has no version'
fits() { jq -c --slurpfile schema schema.json -f validate.jq "$1"; }
# Each value in turn made one of another type, with the path and what the schema finds: one line each.
cat validate.jq - >mutate.jq <<'JQ'
as $own | . as $whole | $own, (paths(scalars) as $path | ({"x": 1}, [[]], -1, "") as $wrong |
    ($whole | setpath($path; $wrong)) | [$path, ., fits($schema[0]; "")])
JQ
count=0
cp "$SOURCE/tests/fuzz/corpus/profile/everything" everything.json
sed -i 's:/\* a \*/::' everything.json
for example in "$SOURCE"/examples/*.json everything.json; do
    name=$(basename "$example")
    sed '/^ *\/\//d' "$example" >plain.json
    [ "$(fits plain.json)" = '[]' ] || fail "$name does not fit the schema: $(fits plain.json)"
    case $name in *s3.json | everything.json) ;; *) continue ;; esac
    jq -c --slurpfile schema schema.json -f mutate.jq plain.json | tail -n +2 >wrong.txt
    while IFS= read -r line; do
        jq -n --argjson line "$line" '$line[1]' >wrong.json
        count=$((count + 1))
        path=$(sed 's/^\[\[\([^]]*\)\],.*/\1/; s/"//g; s/,\([0-9][0-9]*\)/[\1]/g; s/,/./g' <<<"$line")
        if [[ $line == *',[]]' ]] || "$espseal" profile check --no-files wrong.json >out 2>err; then
            fail "$name with another $path is taken"
        fi
        grep -q '^espseal: error: wrong.json:[0-9]*: ' err || fail "$name: no line"
        tr '\n' ' ' <err | grep -qF ": $path" || fail "$name: not $path"
    done <wrong.txt
done
[ "$count" -ge 200 ] || fail "only $count wrong values were tried"

# --- the examples, each with its files, from another folder ---
declare -A seen
for example in "$SOURCE"/examples/*.json; do
    name=$(basename "$example" .json)
    chip=$(sed '/^ *\/\//d' "$example" | jq -r .chip)
    mkdir "$name"
    cp "$example" "$name/"
    (cd "$name" && profile_files "$chip" "$(profile_key_type "$name")") || fail "the inputs of $name could not be made"
    "$espseal" profile check "$name/$name.json" >out 2>err || fail "$name is refused"
    "$espseal" profile show "$name/$name.json" >show.txt 2>err || fail "$name is not explained"
    grep -q '^What cannot be undone' show.txt || fail "$name: nothing is for ever"
    if [ "$(awk 'length > 100' show.txt | wc -l)" -gt 0 ]; then
        fail "$name is explained in long lines"
    fi
    "$espseal" profile show --json "$name/$name.json" | jq -e '.becomes != [] and .irreversible != []' >out ||
        fail "$name: no JSON"
    seen[$chip]=1
done
for chip in esp32 esp32c2 esp32c3 esp32s3 esp32c6 esp32h2 esp32p4; do
    [ -n "${seen[$chip]:-}" ] || fail "no example for $chip"
done
"$espseal" profile show production-esp32c3/production-esp32c3.json >out 2>err
grep -q 'DIS_PAD_JTAG' out || fail 'the C3 is not explained by its fuses'
grep -q '4 of the ESP32-C3' out || fail 'the key blocks of the C3 are not counted'
"$espseal" profile show production-esp32c2/production-esp32c2.json >out 2>err
grep -q 'its only key block takes key and digest in one write' out || fail 'the one block of the C2 is not explained'
"$espseal" profile show production-esp32c3/production-esp32c3.json --set flash_encryption.escrow_to=null >out 2>err
grep -q 'the flash key is kept nowhere' out || fail 'a key that is kept nowhere is not told'

# a chip that cannot do it in the way that was said is told its own way, and nobody is told to leave the door open
"$espseal" profile check production-esp32/production-esp32.json --set lockdown.download=secure >out 2>err &&
    fail 'the ESP32 has no secure download mode'
grep -q 'hint: download: off is what this chip has' err || fail 'the way that the ESP32 has is not told'

# --- flags over --set over the file; files from the profile's folder ---
mkdir -p sub/keys
cp ca.pem ca.key sub/keys/
cat >sub/identity.json <<'PROFILE'
/* comments
   of both kinds */
{ "chip": "esp32c3", "mode": "production", // the rest of a line
  "identity": { "subject": "/CN=from file", "ca_cert": "keys/ca.pem", "ca_key": "keys/ca.key", "san": ["DNS:a", "DNS:b"],
                "efuse_key": 3 },
  "record": { "out": "kept/{mac}" } }
PROFILE
"$espseal" provision --profile sub/identity.json --set 'identity.subject=/CN=from set' --efuse-key 4 --mode development \
    --port "$port" --confirm burn --json >receipt.json 2>err || fail "a profile exits $?"
jq -e '.result == "done" and .mode == "development"' receipt.json >out || fail "the receipt is $(cat receipt.json)"
kept=sub/kept/7cdfa15ea101
openssl x509 -in $kept/certificate.pem -noout -subject -ext subjectAltName >text 2>&1 || fail 'no certificate'
[ "$(grep -c 'from set\|DNS:a, DNS:b' text)" -eq 2 ] || fail "the certificate is of $(cat text)"
"$espseal" efuse summary --port "$port" --json >summary.json 2>err
jq -e '[.. | objects | select(.name? == "KEY_PURPOSE_4") | .value] == [7]' summary.json >out || fail 'the flag does not win'
"$espseal" provision --profile sub/identity.json --set 'identity.subject=/CN=from set' --efuse-key 4 --mode development \
    --port "$port" >out 2>err </dev/null || fail 'a finished device is not left alone'
grep -q 'nothing to do' err || fail 'a finished device is touched'
# without a profile a word is enough
status=0
"$espseal" provision --set chip=esp32s3 --set mode=production --set identity.device_cert=x --port "$port" >out 2>err || status=$?
ended 2 '--set identity.device_cert: cannot open x' || fail "--set alone exits $status"
status=0
"$espseal" provision --profile sub/identity.json --chip ESP32-S3 --efuse-key 1 --port "$port" --dry-run >out 2>err || status=$?
[ "$status" -eq 5 ] || fail "another chip than --chip says exits $status"

# --- profile init: without questions, and with them ---
"$espseal" profile init --chip esp32c3 --mode production --set 'identity.subject=/CN={mac}' --set identity.ca_cert=ca.pem \
    --set identity.ca_key=ca.key --set lockdown.jtag=off --set 'identity.san[0]=DNS:a' --out made.json 2>err || fail 'init'
"$espseal" profile check made.json 2>err || fail 'what init writes is refused'
grep -q '// JTAG\|// ' made.json || fail 'init writes no comments'
"$espseal" profile init --chip esp32c3 --mode production --no-comments --set anti_rollback.secure_version=2 --out - >bare.json 2>err
jq -e '.anti_rollback.secure_version == 2' bare.json >out || fail 'init to stdout is no JSON'
status=0
"$espseal" profile init --chip esp32c3 --mode production --out made.json >out 2>err || status=$?
ended 2 'made.json exists' || fail 'init overwrites a file'
status=0
"$espseal" profile init --chip esp32c2 --mode production --set nvs_encryption.scheme=hmac --out none.json >out 2>err || status=$?
ended 2 'nvs_encryption.scheme' || fail 'init writes what no chip can do'
status=0
setsid "$espseal" profile init --out none.json >out 2>err </dev/null || status=$?
ended 8 || fail "init without a terminal exits $status"
[ ! -e none.json ] || fail 'a refused init leaves a file'
printf '%s\n' esp32c3 prod production '/CN={mac}' ds ca.pem ca.key 0x0=bootloader.bin bad '' signing-key.pub.pem '' true release \
    escrow.pem hmac off secure 'records/{mac}' >answers
command -v script >/dev/null || fail 'script(1) is missing'
script -qec "'$espseal' profile init --out asked.json" /dev/null <answers >out 2>err || {
    cat out
    fail "init at a terminal exits $?"
}
grep -q 'did you mean production' out || fail 'a wrong answer is not explained'
"$espseal" profile check asked.json 2>err || fail 'what init asked for is refused'
sed '/^ *\/\//d' asked.json | jq -e '.chip == "esp32c3" and .flash_encryption.escrow_to == "escrow.pem" and
    .secure_boot.revoke_unused and .lockdown.download == "secure" and .nvs_encryption.scheme == "hmac" and
    (.firmware | length) == 1 and .identity.ca_key == "ca.key"' >out || fail "init wrote $(cat asked.json)"
