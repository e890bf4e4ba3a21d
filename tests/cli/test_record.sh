#!/bin/bash
# What a run records before it hides a key is what the same command goes on from after a cut. Without it, over images
# that nobody can look at any more, nothing is switched on, and the line of the profile is named.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/profiles.sh
. "$SOURCE/tests/cli/profiles.sh"
cd "$work"
: >err
profile_files esp32c3 || fail 'the inputs could not be made'
cp "$SOURCE/examples/production-esp32c3.json" profile.json
port='sim:esp32c3?efuse=efuse.bin&flash=flash.bin'
run=("$espseal" provision --profile profile.json --confirm burn)

status=0
"${run[@]}" --port "$port" --set record.out=null --set flash_encryption.escrow_to=null >out 2>err </dev/null || status=$?
[ "$status" -eq 1 ] || fail "a run that would leave no record exits $status"
grep -q 'hint: give --out DIR, or record.out' err || fail 'nobody says where the record could go'

for ((burn = 14; ; burn++)); do
    [ "$burn" -lt 20 ] || fail 'no cut leaves the keys hidden and nothing switched on'
    rm -rf efuse.bin flash.bin records kept
    "${run[@]}" --port "$port&fault=power:burn=$burn:bits=0" >out 2>err </dev/null && fail "burn $burn is not cut"
    mv records kept
    cp efuse.bin before.bin
    status=0
    "${run[@]}" --port "$port" >out 2>err </dev/null || status=$?
    [ "$status" -ne 5 ] || break
done
grep -q 'error: profile.json:[0-9]*: flash_encryption: rule BOOT-CHECK: the key is hidden .* no record tells' err ||
    fail 'the refusal names neither rule nor line'
cmp -s efuse.bin before.bin || fail 'a refused run burns'
cp -r kept records
jq -e 'all(.regions[]; .compared)' records/*/receipt.json >out ||
    fail 'the images that were written are not recorded'

# the same folder, and other images; the same images
cp app.bin app.was
cp bootloader.bin app.bin
"$espseal" secure-boot sign image.bin --key signing-key.pem --out app.bin --force 2>err
status=0
"${run[@]}" --port "$port" >out 2>err </dev/null || status=$?
[ "$status" -eq 5 ] || fail "another app behind a hidden key exits $status"
grep -q 'the record of this device has not this app.bin' err || fail 'the image that is another one is not named'
cp app.was app.bin
"${run[@]}" --port "$port" >out 2>err </dev/null || fail 'a run with its record is not finished'
jq -e '[.regions[] | select(.compared | not) | .reason, .recorded] | length > 0 and all' records/*/receipt-2.json >out ||
    fail 'the receipt does not say what was not compared again'
grep -q 'not compared again' err || fail 'nobody is told what was not compared again'
for line in 'secure boot v2, on for ever' 'trusts the key with digest [0-9a-f]*' 'flash encryption, release mode, with a key of 256 bits in BLOCK_KEY[0-9], hidden' \
    'NVS encryption, scheme hmac' 'lockdown: jtag off, download secure' 'way in: .*, reduced'; do
    grep -q "^ *$line" err || fail "nobody is told what was sealed: $line"
done
"$BIN/espseal-sim" --chip esp32c3 --boot --efuse efuse.bin --flash flash.bin >boot 2>&1 || fail 'the device does not start'
echo "PASS: refused without its record after a cut in burn $burn, finished with it"
