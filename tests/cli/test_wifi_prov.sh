#!/bin/bash
# wifi-prov make: what the device, the label and nvs build get, with security 1 and 2, and what is refused.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
umask 022
cd "$work"
touch out err
mac=7c:df:a1:5e:a1:01

# security 2, everything at once
expect 0 wifi-prov make --mac $mac --salt salt.bin --verifier verifier.bin --csv prov.csv --pop-out pop.txt \
    --payload label.txt --qr label.png --json
for file in salt.bin verifier.bin prov.csv pop.txt label.txt label.png; do
    [ "$(stat -c %a $file)" = 600 ] || fail "$file has mode $(stat -c %a $file)"
done
pop=$(cat pop.txt)
[[ $pop =~ ^[2-9a-z]{12}$ ]] || fail "the proof of possession is \"$pop\""
! grep -qF "$pop" out err || fail "the proof of possession was printed"
[ "$(jq -r '.name, .security, .pop_made' out | tr '\n' ' ')" = "PROV_5EA101 2 true " ] || fail "the JSON is other"
[ "$(jq -c . label.txt)" = \
    "{\"ver\":\"v1\",\"name\":\"PROV_5EA101\",\"username\":\"wifiprov\",\"pop\":\"$pop\",\"transport\":\"ble\"}" ] ||
    fail "the label says $(cat label.txt)"
[ "$(stat -c %s salt.bin)" = 16 ] || fail "salt of $(stat -c %s salt.bin) bytes"
hex() {
    od -An -v -tx1 "$1" | tr -d ' \n'
}
grep -qx "sec2_salt,data,hex2bin,$(hex salt.bin)" prov.csv || fail "prov.csv has another salt"
grep -qx "sec2_verifier,data,hex2bin,$(hex verifier.bin)" prov.csv || fail "prov.csv has another verifier"
! grep -qF "$pop" prov.csv verifier.bin || fail "what the device gets holds the password"
expect 0 nvs build prov.csv --size 0x3000 --out nvs.bin
expect 0 nvs dump nvs.bin --json
jq -e 'tostring | contains("sec2_verifier")' out >/dev/null || fail "the partition has no verifier"

# the picture reads as the text
if command -v zbarimg >/dev/null; then
    zbarimg -q --raw label.png 2>/dev/null | cmp - label.txt || fail "the QR code says something else"
else
    echo "SKIP of a part: zbarimg is not there, the picture of the QR code was not read back"
fi
expect 0 wifi-prov make --mac $mac --pop-file pop.txt --qr label.svg
{ grep -q '^<svg ' label.svg && grep -q '</svg>' label.svg; } || fail "label.svg is no picture"
expect 0 wifi-prov make --mac $mac --pop-file pop.txt --show
grep -qF "$pop" out || fail "--show does not show"

# another password, another verifier; the same, another salt
expect 0 wifi-prov make --name lamp --pop-file pop.txt --verifier again.bin --salt again.salt
! cmp -s verifier.bin again.bin || fail "two devices have one verifier"

# security 1
expect 0 wifi-prov make --security 1 --name lamp --transport softap --payload one.txt --csv one.csv
[ "$(jq -r 'has("username"), .transport' one.txt | tr '\n' ' ')" = "false softap " ] || fail "label of security 1"
grep -qx "sec1_pop,data,hex2bin,$(jq -j .pop one.txt | od -An -v -tx1 | tr -d ' \n')" one.csv || fail "one.csv"

# what is refused
expect 1 wifi-prov make --mac $mac --csv no.csv
says "would be lost"
expect 1 wifi-prov make --mac $mac --pop-file pop.txt
expect 1 wifi-prov make --payload no.txt
expect 1 wifi-prov make --mac 7c:df:a1 --payload no.txt
says "no MAC address"
expect 1 wifi-prov make --security 1 --mac $mac --payload no.txt --salt no.salt
expect 2 wifi-prov make --mac $mac --payload label.txt
says "exists already"
chmod 644 pop.txt
expect 2 wifi-prov make --mac $mac --pop-file pop.txt --payload no.txt
: >empty.txt
chmod 600 empty.txt
expect 2 wifi-prov make --mac $mac --pop-file empty.txt --payload no.txt
for file in no.*; do
    [ ! -e "$file" ] || fail "a refused command left $file"
done
echo "wifi-prov: security 1 and 2, label, partition, eight refusals"
