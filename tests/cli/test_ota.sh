#!/bin/bash
# ota keygen, encrypt, decrypt, info: both schemes there and back, the reference's images, what is refused.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
vectors=$SOURCE/tests/vectors/enc_ota
umask 022
cd "$work"
touch out err

head -c 70001 /dev/urandom >app.bin

# both schemes, there and back
expect 0 ota keygen --out rsa.key --out-public rsa.pub
mode rsa.key 600
openssl pkey -in rsa.key -pubout | cmp - rsa.pub || fail "rsa.pub is not the public half of rsa.key"
expect 0 ota keygen --type ec:p256 --out ec.key --out-public ec.pub
expect 0 ota keygen --new-hmac-key hmac.bin --out-public hmac.pub
says "HMAC_UP"
mode hmac.bin 600
[ "$(stat -c %s hmac.bin)" = 32 ] || fail "hmac.bin has $(stat -c %s hmac.bin) bytes"
expect 0 ota keygen --hmac-key hmac.bin --out-public again.pub
cmp hmac.pub again.pub || fail "the same HMAC key gives another public key"
for scheme in rsa ec hmac; do
    expect 0 ota encrypt app.bin --key $scheme.pub --out $scheme.enc
    [ "$(stat -c %s $scheme.enc)" = 70513 ] || fail "$scheme.enc has $(stat -c %s $scheme.enc) bytes"
    with=(--key "$scheme.key")
    [ $scheme != hmac ] || with=(--hmac-key hmac.bin)
    expect 0 ota decrypt $scheme.enc "${with[@]}" --out "plain_$scheme.bin"
    cmp app.bin "plain_$scheme.bin" || fail "$scheme: another image came back"
    mode "plain_$scheme.bin" 600
    expect 0 ota info $scheme.enc --json
    [ "$(jq -r '.scheme, .image_size, .complete' out | tr '\n' ' ')" = \
        "$([ $scheme = rsa ] && echo rsa || echo ecies) 70001 true " ] || fail "info of $scheme.enc"
done
expect 0 ota encrypt app.bin --key rsa.pub --out twice.enc
! cmp -s rsa.enc twice.enc || fail "two encryptions of one image are the same"

# the reference's images
for case in rsa_4096 ecc_4096; do
    cp "$vectors/$case"/*.pem "$vectors/$case/enc.bin" .
    chmod 600 ./*key.pem
    key=key.pem
    [ $case = rsa_4096 ] || key=device_key.pem
    expect 0 ota decrypt enc.bin --key $key --out plain.bin --force
    cmp plain.bin "$vectors/$case/plain.bin" || fail "$case: another image came out"
done

# what is refused, and what is said
expect 2 ota decrypt rsa.enc --key ec.key --out no.bin
says "another key"
expect 2 ota decrypt ec.enc --hmac-key hmac.bin --out no.bin
printf 'x' | dd of=rsa.enc bs=1 seek=5000 conv=notrunc status=none
expect 2 ota decrypt rsa.enc --key rsa.key --out no.bin
says "changed"
head -c 300 ec.enc >short.enc
expect 2 ota decrypt short.enc --key ec.key --out no.bin
says "cut short"
head -c 60000 ec.enc >short.enc
expect 2 ota decrypt short.enc --key ec.key --out no.bin
says "70001 bytes, but 59488"
expect 0 ota info short.enc
says "70001 bytes, but 59488"
expect 2 ota info app.bin
says "not a pre-encrypted image"
: >empty.bin
expect 1 ota encrypt empty.bin --key rsa.pub --out no.bin
expect 2 ota encrypt app.bin --key app.bin --out no.bin
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.key 2>/dev/null
openssl pkey -in p384.key -pubout -out p384.pub
expect 2 ota encrypt app.bin --key p384.pub --out no.bin
says "RSA-3072 and EC P-256"
expect 1 ota decrypt ec.enc --out no.bin
expect 1 ota keygen --out-public no.bin
expect 2 ota keygen --out rsa.key --out-public no.bin
expect 2 ota keygen --new-hmac-key hmac.bin --out-public no.bin --force
[ ! -e no.bin ] || fail "a refused command left a file"
chmod 644 ec.key
expect 2 ota decrypt ec.enc --key ec.key --out no.bin
says "can be read by others"
echo "ota: both schemes, two images of the reference, fourteen refusals"
