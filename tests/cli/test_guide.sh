#!/bin/bash
# The documented command lines of configure_esp_secure_cert.py work as they are written, development and production.
set -euo pipefail
# shellcheck source=tests/cli/guide.sh
. "$SOURCE/tests/cli/guide.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() {
    echo "FAIL: $*"
    cat err
    exit 1
}
fuses() {
    "$BIN/espseal" efuse summary --efuse-file "$1" --chip esp32c3 --json
}
guide_inputs >openssl.log 2>&1 || fail "openssl: $(cat openssl.log)"

port='sim:esp32c3?efuse=e1&flash=f1'
echo BURN | guide_command "$port" >out 2>err || fail "development exits $?"
grep -q 'Type BURN' err || fail 'it does not ask for BURN'
[ "$(stat -c %a esp_secure_cert_data/hmac_key.bin)" = 600 ] || fail 'the HMAC key is not 0600'
[ -s esp_secure_cert_data/esp_secure_cert.bin ] || fail 'no partition on the host'
"$BIN/espseal" prove --port "$port" >out 2>err || fail 'the chip cannot prove its key'
grep -q BLOCK_KEY1 out || fail "the proof is not by BLOCK_KEY1: $(cat out)"
xxd=$(od -An -tx1 -v esp_secure_cert_data/hmac_key.bin | tr -d ' \n')
[ "$xxd" = "$(od -An -tx1 -v -j 144 -N 32 e1 | tr -d ' \n')" ] || fail 'the key kept is not the key in BLOCK_KEY1'

# The same device goes on to production.
echo BURN | guide_command "$port" --production >out 2>err || fail "production after development exits $?"
grep -q 'private_key.pem, from an earlier development run' err || fail 'leftovers are not named'
"$BIN/espseal" prove --port "$port" >out 2>err || fail 'no proof through the protected key'

# A blank device, production at once.
rm -r esp_secure_cert_data
port='sim:esp32c3?efuse=e2&flash=f2'
echo BURN | guide_command "$port" --production >out 2>err || fail "production exits $?"
[ ! -e esp_secure_cert_data/hmac_key.bin ] || fail 'production keeps the HMAC key on the host'
grep -q 'client.key still holds' err || fail 'the private key on the host is not named'
"$BIN/espseal" prove --port "$port" >out 2>err || fail 'no proof'
fuses e2 | grep -q '"RD_DIS"' || fail 'no summary'
echo BURN | guide_command "$port" --production >out 2>err || fail "the second run exits $?"
grep -q 'nothing to do' err || fail 'the second run does something'

# Nobody says BURN: nothing burns.
port='sim:esp32c3?efuse=e3&flash=f3'
"$BIN/espseal" efuse summary --port "$port" >/dev/null
cp e3 before
for word in '' burn NO; do
    status=0
    echo "$word" | guide_command "$port" >out 2>err || status=$?
    [ "$status" -eq 8 ] || fail "\"$word\" exits $status"
done
status=0
guide_command "$port" >out 2>err </dev/null || status=$?
[ "$status" -eq 8 ] || fail "no answer exits $status"
cmp -s e3 before || fail 'fuses changed without BURN'
guide_command "$port" --do-not-confirm >out 2>err </dev/null || fail "--do-not-confirm exits $?"

# The CA in the partition may be the server's: the original does not compare, and many rely on that.
openssl req -newkey rsa:2048 -nodes -keyout server.key -x509 -days 30 -out server.pem -subj '/CN=Server CA' 2>>openssl.log
"$BIN/configure_esp_secure_cert.py" -p 'sim:esp32c3?efuse=e4&flash=f4' --ca-cert server.pem --device-cert client.crt \
    --private-key client.key --configure_ds --do-not-confirm >out 2>err </dev/null || fail "a server's CA exits $?"

# What it does not take is said.
status=0
guide_command "$port" --priv_key_algo ECDSA 256 >out 2>err </dev/null || status=$?
[ "$status" -eq 1 ] || fail "a wrong --priv_key_algo exits $status"
grep -q 'client.key is RSA-2048, not ECDSA 256' err || fail 'the mismatch is not named'
status=0
"$BIN/configure_esp_secure_cert.py" --frobnicate >out 2>err || status=$?
[ "$status" -eq 1 ] || fail "an unknown argument exits $status"
"$BIN/configure_esp_secure_cert.py" --help | grep -q -- --configure_ds || fail 'no help'
