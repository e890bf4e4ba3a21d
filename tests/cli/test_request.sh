#!/bin/bash
# provision in two runs: --csr-only makes the key in the chip and a request, --device-cert alone completes it. No
# private key is ever a file; names are templates; the request can be asked for again; a renewal keeps the key.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
cd "$work"
port='sim:esp32c3?efuse=efuse.bin&flash=flash.bin'
"$espseal" identity ca --subject '/CN=Test CA' --days 30 --out-cert ca.pem --out-key ca.key 2>err
mkdir station && cd station
first=(--port "sim:esp32c3?efuse=../efuse.bin&flash=../flash.bin" --mode production --csr-only --csr-out device.csr
    --subject '/CN={mac}/O={chip}/serialNumber={serial}' --san 'URI:urn:dev:mac:{mac}' --san DNS:d.example --serial A-17
    --eku clientAuth)

refused() { # STATUS TEXT WORD...
    local want=$1 text=$2 status=0
    shift 2
    "$espseal" provision --confirm burn "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "$* exits $status, not $want"
    grep -q "^espseal: error: .*$text" err || fail "$*: the error does not say \"$text\""
    [ ! -e ../efuse.bin ] || cmp -s ../efuse.bin ../before.bin || fail "$*: FUSES CHANGED"
}
"$espseal" efuse summary --port "$port" >/dev/null 2>err
cd .. && "$espseal" efuse summary --port "$port" >/dev/null 2>err && cp efuse.bin before.bin && cd station
refused 1 'needs --subject and --csr-out' "${first[@]:0:5}" --subject /CN=x
refused 1 'comes in another run' "${first[@]}" --sign-cmd true
refused 1 '{serial}' "${first[@]:0:11}"
refused 1 'not a subject alternative name' "${first[@]}" --san nonsense
refused 1 'storage ds' "${first[@]:0:2}" --mode development "${first[@]:4}" --storage plaintext
echo mine >device.csr
refused 2 'device.csr' "${first[@]}"
rm device.csr

"$espseal" provision "${first[@]}" --confirm burn --out record >out 2>err || fail "the first run exits $?"
grep -q 'waiting for its certificate: the key is in the chip and nobody can read it' err || fail 'the state is not said'
openssl req -in device.csr -noout -verify 2>openssl.log || fail 'the request does not verify'
openssl req -in device.csr -noout -subject -text >text
grep -q 'CN = 7cdfa15ea101, O = esp32c3, serialNumber = A-17' text || fail "the subject is $(head -n 1 text)"
grep -q 'URI:urn:dev:mac:7cdfa15ea101, DNS:d.example' text || fail 'the alternative names are missing'
grep -q 'TLS Web Client Authentication' text || fail 'the extended key usage is missing'
if grep -rlE 'PRIVATE KEY' . ../flash.bin; then
    fail 'a private key is in a file'
fi
cp device.csr first.csr
"$espseal" provision "${first[@]}" >out 2>err </dev/null || fail "the repeated first run exits $?"
cmp device.csr first.csr || fail 'the request is another one'
rm device.csr
"$espseal" provision "${first[@]}" >out 2>err </dev/null || fail "asking for a lost request exits $?"
cmp device.csr first.csr || fail 'the lost request comes back as another one'

cp ../efuse.bin ../before.bin
"$espseal" identity key --type rsa:2048 --out other.key 2>err
"$espseal" identity csr --key other.key --subject /CN=other --out other.csr 2>err
for name in device other; do
    "$espseal" identity cert --csr $name.csr --ca-cert ../ca.pem --ca-key ../ca.key --days 30 --out $name.crt 2>err
done
second=(--port "${first[1]}" --mode production --ca-cert ../ca.pem)
refused 2 'another key than the one in this chip' "${second[@]}" --device-cert other.crt
"$espseal" provision "${second[@]}" --device-cert device.crt --out record --json >receipt.json 2>err </dev/null ||
    fail "the second run exits $?"
jq -e '.result == "done" and .proof.verified and (.state | startswith("identity sealed"))' receipt.json >/dev/null ||
    fail "the receipt is $(cat receipt.json)"
cmp -s ../efuse.bin ../before.bin || fail 'the second run burns'
openssl verify -CAfile ../ca.pem record/certificate.pem >/dev/null || fail 'the record has another certificate'
"$espseal" prove --port "${first[1]}" >out 2>err || fail "prove exits $?"
"$espseal" provision "${second[@]}" --device-cert device.crt >out 2>err </dev/null || fail "again exits $?"
grep -q 'nothing to do' err || fail 'a finished device is touched'

# a renewal: the same key, a new certificate
"$espseal" identity cert --csr device.csr --ca-cert ../ca.pem --ca-key ../ca.key --days 60 --out new.crt 2>err
"$espseal" provision "${second[@]}" --device-cert new.crt >out 2>err </dev/null || fail "a renewal exits $?"
"$espseal" flash read --port "${first[1]}" 0xd000 0x2000 --out partition.bin 2>err
grep -qF "$(sed -n 2p new.crt)" partition.bin || fail 'the new certificate is not in flash'
if grep -qF "$(sed -n 2p device.crt | cut -c 30-64)" partition.bin; then
    fail 'the old certificate is still in flash'
fi
