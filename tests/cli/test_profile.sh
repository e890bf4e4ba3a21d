#!/bin/bash
# What a device's certificate must be before anything is burned for it: a chain up to the given CA, a sound exponent, a
# key that no other device has; and names after a profile, with Matter's vendor and product ids.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
cd "$work"
run() { "$espseal" "$@" >out 2>err || fail "$* exits $?"; }
# three levels: root, factory (an intermediate CA), device
run identity ca --subject '/CN=Root' --days 90 --out-cert root.pem --out-key root.key
run identity ca --subject '/CN=Stranger' --days 90 --out-cert stranger.pem --out-key stranger.key
run identity key --type ec:p256 --out factory.key
run identity csr --key factory.key --subject /CN=Factory --out factory.csr
printf 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n' >ca.ext
openssl x509 -req -in factory.csr -CA root.pem -CAkey root.key -days 60 -extfile ca.ext -out factory.pem 2>openssl.log
run identity key --type rsa:2048 --out device.key
run identity csr --key device.key --subject /CN=device --out device.csr
run identity cert --csr device.csr --ca-cert factory.pem --ca-key factory.key --days 30 --out device.crt
cat device.crt factory.pem >chain.crt
cat factory.pem root.pem >ca-chain.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out weak.key 2>openssl.log
chmod 600 weak.key
run identity csr --key weak.key --subject /CN=weak --out weak.csr
run identity cert --csr weak.csr --ca-cert root.pem --ca-key root.key --days 30 --out weak.crt

chip() { # N: a simulated chip of its own
    echo "sim:esp32c3?efuse=efuse$1.bin&flash=flash$1.bin&mac=02:00:00:00:00:0$1"
}
run efuse summary --port "$(chip 1)"
cp efuse1.bin blank.bin
refused() { # STATUS TEXT WORD...
    local want=$1 text=$2 status=0
    shift 2
    "$espseal" provision --mode production --confirm burn --port "$(chip 1)" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "$* exits $status, not $want"
    grep -q "^espseal: error: .*$text" err || fail "$*: the error does not say \"$text\""
    grep -q '^espseal: hint: ' err || fail "$*: no hint"
    cmp -s efuse1.bin blank.bin || fail "$*: FUSES CHANGED"
}
refused 2 'does not lead to the CA' --ca-cert stranger.pem --device-cert device.crt --private-key device.key
refused 2 'does not lead to the CA' --ca-cert root.pem --device-cert device.crt --private-key device.key
refused 2 'exponent 3' --ca-cert root.pem --device-cert weak.crt --private-key weak.key
refused 2 'does not lead to the CA' --ca-cert stranger.pem --subject '/CN={mac}' --sign-cmd \
    "\"$espseal\" identity cert --csr - --ca-cert root.pem --ca-key root.key --out -"
sed '$d' chain.crt >cut.crt
refused 2 'cut.crt' --ca-cert root.pem --device-cert cut.crt --private-key device.key
sed "$(($(wc -l <device.crt) + 3))d" chain.crt >torn.crt
refused 2 'torn.crt' --ca-cert root.pem --device-cert torn.crt --private-key device.key
refused 1 'Matter id' --ca-cert root.pem --ca-key root.key --subject '/CN={mac}/matterVendorId=fff1'
refused 1 'unknown part' --ca-cert root.pem --ca-key root.key --subject '/CN={mac}/matterId=FFF1'

# --- a whole chain is stored, and a finished device is recognised with it ---
given=(--mode production --ca-cert root.pem --device-cert chain.crt --private-key device.key --seen seen.txt)
run provision --confirm burn --port "$(chip 1)" "${given[@]}"
run flash read --port "$(chip 1)" 0xd000 0x2000 --out partition.bin
for cert in device.crt factory.pem root.pem; do
    grep -qF "$(sed -n 4p $cert)" partition.bin || fail "$cert is not in flash"
done
run provision --port "$(chip 1)" "${given[@]}"
grep -q 'nothing to do' err || fail 'a finished device with a chain is touched'
[ "$(wc -l <seen.txt)" -eq 1 ] || fail 'the same device is in the list twice'

# --- the same key for another device: refused, and its list and fuses stay ---
run efuse summary --port "$(chip 2)"
cp seen.txt seen.before
status=0
"$espseal" provision --confirm burn --port "$(chip 2)" "${given[@]}" >out 2>err || status=$?
[ "$status" -eq 2 ] || fail "a key that another device has exits $status"
grep -q 'seen.txt, line 1: this key is that of the device 020000000001 already' err || fail 'the place is not named'
cmp -s efuse2.bin blank.bin && fail 'two chips have the same MAC in this test'
cmp -s seen.txt seen.before || fail 'the list has changed'
echo 'not a line' >>seen.txt
status=0
"$espseal" provision --confirm burn --port "$(chip 2)" --mode production --ca-cert ca-chain.pem --ca-key factory.key \
    --subject '/CN={mac}' --seen seen.txt >out 2>err || status=$?
[ "$status" -eq 2 ] || fail "a damaged list exits $status"
grep -q 'seen.txt, line 2' err || fail 'the damaged line is not named'

# --- made by an intermediate CA, with Matter's ids, for chip 2 ---
cp seen.before seen.txt
run provision --confirm burn --port "$(chip 2)" --mode production --ca-cert ca-chain.pem --ca-key factory.key --subject \
    '/CN=ACME {mac}/matterVendorId=FFF1/matterProductId=8000' --san 'URI:urn:{chip}:{mac}' --seen seen.txt --out record
[ "$(wc -l <seen.txt)" -eq 2 ] || fail 'the new key is not in the list'
openssl verify -CAfile root.pem -untrusted factory.pem record/certificate.pem >/dev/null || fail 'the chain does not verify'
openssl x509 -in record/certificate.pem -noout -text -subject -nameopt RFC2253,show_type >text
for part in '1.3.6.1.4.1.37244.2.1' '1.3.6.1.4.1.37244.2.2' 'URI:urn:esp32c3:020000000002' 'TLS Web Client Authentication'; do
    grep -qF "$part" text || fail "the certificate has no $part"
done
openssl x509 -in record/certificate.pem -outform DER | openssl asn1parse -inform DER | grep -A1 '37244.2.1' |
    grep -q 'UTF8STRING *:FFF1' || fail 'the vendor id is not a UTF8String'

# --- a CA that is for what the device talks to ---
run provision --confirm burn --port "$(chip 3)" --mode development --ca-cert stranger.pem --foreign-ca --device-cert \
    device.crt --private-key device.key

# --- finished devices are recognised: made by an intermediate CA, and beside a CA of others ---
again=(--mode production --ca-cert ca-chain.pem --ca-key factory.key --seen seen.txt --subject
    '/CN=ACME {mac}/matterVendorId=FFF1/matterProductId=8000')
run provision --confirm burn --port "$(chip 2)" "${again[@]}"
grep -q 'nothing to do' err || fail 'a device of an intermediate CA is touched again'
signs="\"$espseal\" identity cert --csr - --ca-cert root.pem --ca-key root.key --out -"
foreign=(--mode production --ca-cert stranger.pem --foreign-ca --subject '/CN={mac}' --sign-cmd)
run provision --confirm burn --port "$(chip 4)" "${foreign[@]}" "$signs"
run provision --confirm burn --port "$(chip 4)" "${foreign[@]}" 'touch called; false'
grep -q 'nothing to do' err || fail 'a device beside a CA of others is touched again'
[ ! -e called ] || fail 'the CA of a finished device is asked again'

# --- a CA that writes another subject: refused before the burn, taken with --any-subject, then recognised ---
cat >renames <<'END'
#!/bin/sh
cat >asked.csr
openssl req -in asked.csr -noout -pubkey >asked.pub
exec openssl x509 -new -force_pubkey asked.pub -subj /O=Example/CN=renamed -CA root.pem -CAkey root.key -days 20
END
chmod +x renames
renamed=(--mode production --confirm burn --port "$(chip 5)" --ca-cert root.pem --subject '/CN={mac}' --sign-cmd ./renames)
stays() { # STATUS WORD...: that status, a hint at --any-subject, and the chip stays as it is
    local want=$1 status=0
    shift
    cp efuse5.bin before.bin
    cp flash5.bin before.flash
    "$espseal" provision "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "provision $* exits $status, not $want"
    [ "$want" -eq 0 ] || grep -q '^espseal: hint: .*--any-subject' err || fail 'no hint at --any-subject'
    cmp -s efuse5.bin before.bin || fail 'FUSES CHANGED'
    cmp -s flash5.bin before.flash || fail 'the flash changed'
}
run efuse summary --port "$(chip 5)"
stays 2 "${renamed[@]}"
grep -q 'error: the CA made a certificate for "CN=renamed,O=Example", not for /CN=020000000005' err || fail 'no word of both names'
run provision "${renamed[@]}" --any-subject
grep -q 'warning: .*for "CN=renamed,O=Example" and not for /CN=020000000005' err || fail 'no warning about the name'
rm asked.csr
stays 0 "${renamed[@]}" --any-subject
grep -q 'nothing to do' err || fail 'a renamed device is not recognised'
grep -q 'warning: .*CN=renamed' err || fail 'the rerun does not say whose it is'
stays 5 "${renamed[@]}"
[ ! -e asked.csr ] || fail 'a sealed device asks its CA again'
run efuse summary --port "$(chip 1)"
cp efuse1.bin blank.bin # it is finished by now: what refused compares with
refused 1 'any-subject is for a CA elsewhere' --ca-cert root.pem --ca-key root.key --subject '/CN={mac}' --any-subject
