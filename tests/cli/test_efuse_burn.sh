#!/bin/bash
# shellcheck disable=SC1010 # "then" joins operations here
# The commands that burn eFuses: plans, refusals, files, chains of operations, applying what was saved.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
cd "$work"
umask 077
# run STATUS WORD...: on the simulated chip whose fuses are in the file $chip
chip=fuses
run() {
    local wanted=$1 status=0 command
    shift
    command=$1
    shift
    if [ "$command" = efuse ]; then
        command="efuse $1"
        shift
    fi
    # shellcheck disable=SC2086 # a command is one or two words
    "$espseal" $command --port "sim:esp32c3?efuse=$work/$chip" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || fail "$command $* exits $status, not $wanted"
}
says() {
    grep -qF -- "$1" out err || fail "does not say \"$1\""
}
field() {
    "$espseal" efuse summary --port "sim:esp32c3?efuse=$work/$chip" --field "$1"
}
is() {
    [ "$(field "$1")" = "$2" ] || fail "$1 is $(field "$1"), not $2"
}
head -c 32 /dev/urandom >key
head -c 32 /dev/urandom >other
head -c 31 /dev/urandom >short

# a plan is shown, and nothing is burned without a word
run 0 efuse burn DIS_PAD_JTAG=1 --dry-run
says 'DIS_PAD_JTAG  0x0 -> 0x1'
says 'set   00000000 00080000'
says 'DIS_PAD_JTAG: JTAG on the pins is off'
is DIS_PAD_JTAG 0
run 8 efuse burn DIS_PAD_JTAG=1
is DIS_PAD_JTAG 0
run 0 efuse burn DIS_PAD_JTAG=1 --confirm burn
is DIS_PAD_JTAG 1
run 0 efuse burn DIS_PAD_JTAG=1
says 'nothing to burn'
run 5 efuse burn DIS_PAD_JTAG=0 --confirm burn
says 'never falls'

# counters count
run 0 efuse burn SECURE_VERSION --confirm burn
run 0 efuse burn SECURE_VERSION --confirm burn
is SECURE_VERSION 3
run 5 efuse burn SECURE_VERSION=1 --confirm burn

# bad input: one line, a hint, nothing burned
run 1 efuse burn DIS_PAD_JTG=1 --confirm burn
says 'did you mean DIS_PAD_JTAG?'
run 2 efuse burn WDT_DELAY_SEL=4 --confirm burn
says 'WDT_DELAY_SEL has 2 bits: 0x4 does not fit'
run 2 efuse burn WDT_DELAY_SEL=x --confirm burn
run 2 efuse burn WDT_DELAY_SEL=1 WDT_DELAY_SEL=2 --confirm burn
says 'two operations want different values'
run 5 efuse burn MAC=02:00:00:00:00:01 --confirm burn
run 1 efuse burn-bits BLOCK_USER_DATA 1 --confirm burn
says 'did you mean BLOCK_USR_DATA?'
run 2 efuse burn-bits BLOCK_USR_DATA 256 --confirm burn
run 2 efuse burn-key auto --purpose HMAC_UP --file short --confirm burn
says 'has 32 bytes (256 bits), not 31'
run 5 efuse burn-key auto --purpose XTS_AES_256_KEY --file key --confirm burn
says 'it has: USER'
run 2 efuse burn-block BLOCK_USR_DATA --data 123 --confirm burn
says 'odd number of hex digits'
run 2 efuse burn-mac 01:00:00:12:34:56 --confirm burn
says 'unicast'
run 1 efuse burn DIS_TWAI=1 --confirm burn then
[ "$(grep -c error: err)" -eq 1 ] || fail "more than one line of error"

# rules, and the one way around them
run 5 efuse burn SPI_BOOT_CRYPT_CNT=1 --confirm burn
says 'FE-NO-KEY'
says '--allow FE-NO-KEY'
run 1 efuse burn SPI_BOOT_CRYPT_CNT=1 --confirm burn --allow FE-NO-KYE
says 'did you mean --allow FE-NO-KEY?'
run 5 efuse burn SPI_BOOT_CRYPT_CNT=1 --confirm burn --allow SB-NO-DIGEST
run 0 efuse burn SPI_BOOT_CRYPT_CNT=1 --dry-run --allow FE-NO-KEY --json
says 'FE-NO-KEY is allowed'
jq -e '.allowed[0].rule == "FE-NO-KEY" and .blocks_burned == 0' out >/dev/null || fail "the JSON hides the rule"
is SPI_BOOT_CRYPT_CNT 0

# a key, its switch and the lock of RD_DIS in one plan; again is a no-op or an honest refusal
chip=fuses2
run 0 efuse burn-key BLOCK_KEY2 --purpose XTS_AES_128_KEY --file key --confirm burn then burn SPI_BOOT_CRYPT_CNT=1 then \
    protect --write RD_DIS
is KEY_PURPOSE_2 4
is SPI_BOOT_CRYPT_CNT 1
is RD_DIS 0x04
is WR_DIS 0x02000401
run 5 efuse burn-key BLOCK_KEY2 --purpose XTS_AES_128_KEY --file key --confirm burn
says 'cannot know'
run 5 efuse burn-key BLOCK_KEY2 --purpose HMAC_UP --file key --confirm burn
says 'is in use'
run 1 efuse burn DIS_PAD_JTAG=1 then burn DIS_TWAI=1 --dry-run
says 'before the first "then"'

# a DS key proves itself
chip=fuses3
run 0 efuse burn-key auto --purpose HMAC_DOWN_DIGITAL_SIGNATURE --file key --confirm burn
run 0 efuse burn-key auto --purpose HMAC_DOWN_DIGITAL_SIGNATURE --file key --confirm burn
says 'BLOCK_KEY0 holds this very key'
run 5 efuse burn-key auto --purpose HMAC_DOWN_DIGITAL_SIGNATURE --file other --confirm burn
says 'holds another key'
# and a readable one is compared
run 0 efuse burn-key auto --purpose HMAC_UP --file other --keep-readable --confirm burn
run 0 efuse burn-key auto --purpose HMAC_UP --file other --keep-readable --confirm burn
says 'nothing to burn'
run 0 efuse burn-key auto --purpose HMAC_UP --file other --confirm burn
says 'RD_DIS bit 1  read-protects BLOCK_KEY1'
# and a hidden one for HMAC answers a challenge
run 0 efuse burn-key BLOCK_KEY1 --purpose HMAC_UP --file other --confirm burn
says 'BLOCK_KEY1 holds this very key: the chip computed an HMAC with it'
run 5 efuse burn-key BLOCK_KEY1 --purpose HMAC_UP --file key --confirm burn
says 'holds another key'

# a plan is saved and applied, once, to this state, with these files
chip=fuses4
run 0 efuse burn-key auto --purpose HMAC_UP --file key --plan-out plan.json then burn DIS_TWAI
grep -q "$(od -An -tx1 key | tr -d ' \n')" plan.json && fail "the key is in the plan"
is DIS_TWAI 0
cp key kept
cp other key
run 5 apply plan.json --confirm burn
says 'a file that it names changed'
cp kept key
run 0 apply plan.json --confirm burn
is DIS_TWAI 1
is KEY_PURPOSE_0 8
run 5 apply plan.json --confirm burn
says 'another state'
echo '{}' >bad.json
run 2 apply bad.json --confirm burn

# digests of keys, MAC, data, dump
chip=fuses5
openssl genrsa -out rsa.pem 3072 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out ec.pem 2>/dev/null
run 2 efuse burn-digest --key ec.pem --confirm burn
run 0 efuse burn-digest --key rsa.pem --confirm burn
run 0 efuse burn-digest --key rsa.pem --confirm burn
says 'nothing to burn'
is KEY_PURPOSE_0 9
openssl genrsa -out second.pem 3072 2>/dev/null
openssl genrsa -out third.pem 3072 2>/dev/null
run 0 efuse burn-digest --key second.pem --confirm burn then burn-digest --key third.pem
is KEY_PURPOSE_1 10
is KEY_PURPOSE_2 11
run 0 efuse burn-mac 02:00:00:12:34:56 --confirm burn
is CUSTOM_MAC 02:00:00:12:34:56
run 5 efuse burn-block BLOCK_USR_DATA --data 0011 --offset 0 --confirm burn
says 'RS-WRITTEN'
run 0 efuse dump
says 'BLOCK_USR_DATA'
run 7 efuse check
says 'KEY_PURPOSE_0'
run 0 efuse check --errors-only
run 0 efuse adc
run 0 efuse summary --changed
grep -q 'DIS_PAD_JTAG' out && fail "--changed shows what is blank"
says 'CUSTOM_MAC'
run 5 efuse set-flash-voltage 3.3V --confirm burn
run 0 efuse burn ENABLE_SECURITY_DOWNLOAD --confirm burn

# files: burned into without a chip, and converted
"$espseal" efuse dump --efuse-file fuses4 --chip esp32c3 --format espefuse --out virtual >out 2>err || fail "dump of a file"
"$espseal" efuse burn --efuse-file virtual --chip esp32c3 WDT_DELAY_SEL=2 >out 2>err || fail "burn into a file"
"$espseal" efuse dump --efuse-file virtual --chip esp32c3 --format qemu --out back >out 2>err || fail "dump back"
[ "$("$espseal" efuse summary --efuse-file back --chip esp32c3 --field WDT_DELAY_SEL)" = 2 ] || fail "the file is not burned"
"$espseal" efuse burn --efuse-file short --chip esp32c3 WDT_DELAY_SEL=2 >out 2>err && fail "a short file is taken"
says 'has 1024 bytes'
echo "PASS"
