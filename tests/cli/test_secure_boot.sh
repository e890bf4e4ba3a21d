#!/bin/bash
# Secure boot: keys, signatures (here, in a token, elsewhere), verdicts, digests, and rotation on a simulated chip.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
vectors=$SOURCE/tests/vectors/secureboot
cd "$work"
umask 022
expect() { # STATUS WORD...
    local wanted=$1 status=0
    shift
    setsid "$espseal" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || fail "espseal $* exits $status instead of $wanted"
}
says() {
    grep -qF -- "$1" out err || fail "does not say \"$1\""
}
boot() { # STATUS VERB WORD...
    local wanted=$1
    shift
    expect "$wanted" secure-boot "$@"
}

# A C3 image with one segment and no hash: header, segment header, 16 bytes, checksum at the end of a row.
hex() { printf '%b' "$(sed 's/../\\x&/g')"; }
make_image() { # CHIP-ID FILE
    {
        printf 'e90102100000000000000000%02x0000000000000000000000' "$1" | hex
        printf '0000c83f10000000' | hex
        head -c 31 /dev/zero
        printf 'ef' | hex
    } >"$2"
}
make_image 5 c3.bin
make_image 16 h2.bin
make_image 12 c2.bin

# --- keys, and every kind of signature: made, verified, refused with another key ---
for type in rsa:3072 ec:p192 ec:p256 ec:p384; do
    name=${type#*:}
    boot 0 keygen --type "$type" --out "$name.pem" --public-out "$name.pub"
    [ "$(stat -c %a "$name.pem")" = 600 ] || fail "$name.pem has mode $(stat -c %a "$name.pem")"
    openssl pkey -in "$name.pem" -pubout 2>err | cmp - "$name.pub" || fail "$name.pub is not the public half"
    head -c 5000 /dev/urandom >app.bin
    boot 0 sign app.bin --key "$name.pem" --out "$name.bin"
    [ "$(stat -c %s "$name.bin")" = 12288 ] || fail "$name.bin has $(stat -c %s "$name.bin") bytes"
    boot 0 verify "$name.bin" --public-key "$name.pub"
    boot 0 digest "$name.bin"
    digest=$(cut -d ' ' -f 1 out)
    boot 0 digest "$name.pem" --out "$name.digest"
    grep -q "^$digest " out || fail "the digests of $name.pem and of its signature differ"
    boot 0 verify "$name.bin" --digest "$digest"
    boot 0 verify "$name.bin" --digest "$name.digest"
    boot 7 verify "$name.bin" --digest "$(printf '5a%.0s' $(seq 32))"
    says 'its key is not one that the chip trusts'
done
boot 0 keygen --out second.pem --public-out second.pub
boot 2 keygen --chip esp32c3 --type ec:p256 --out no.pem
says 'checks rsa3072, not ecdsa256'
boot 5 keygen --chip esp32h2 --type ec:p256 --out no.pem
says 'take the risk with --allow SB-SCHEME'
[ ! -e no.pem ] || fail 'a refused key is there'
boot 0 keygen --chip esp32h2 --type ec:p256 --allow SB-SCHEME --out h2.pem
expect 0 identity key --type rsa:2048 --out small.pem
boot 2 sign app.bin --key small.pem --out no.bin
says 'RSA-2048'

# --- what the chip of an image checks ---
boot 0 sign c3.bin --key 3072.pem --out c3-signed.bin
boot 0 verify c3-signed.bin --public-key 3072.pub --chip esp32c3
boot 2 sign c3.bin --key p256.pem --out no.bin
boot 2 sign c3.bin --key 3072.pem --chip esp32s3 --out no.bin
says 'is for ESP32-C3, not for the ESP32-S3'
boot 5 sign h2.bin --key p256.pem --out no.bin
boot 0 sign h2.bin --key p256.pem --allow SB-SCHEME --out h2-signed.bin
boot 0 sign c2.bin --key p256.pem --out c2-signed.bin
[ ! -e no.bin ] || fail 'a refused image is there'

# --- append and replace ---
boot 5 sign c3-signed.bin --key second.pem --out no.bin
says 'signed already'
boot 5 sign c3-signed.bin --append --key 3072.pem --out no.bin
says 'of the same key'
boot 0 sign c3-signed.bin --append --key second.pem --out both.bin --json
jq -e '.signed == 4096 and .size == 8192 and (.signatures | length) == 2' out >/dev/null || fail 'sign --json'
boot 0 verify both.bin --public-key second.pub
boot 5 sign both.bin --replace 0 --key second.pem --out no.bin
boot 0 keygen --out third.pem --public-out third.pub
boot 0 sign both.bin --replace 0 --key third.pem --out turned.bin
boot 7 verify turned.bin --public-key 3072.pub
boot 0 verify turned.bin --public-key second.pub --public-key third.pub --json
jq -e '[.signatures[] | .accepted, .slot] == [true, 1, true, 0]' out >/dev/null || fail 'verify --json'
boot 2 sign both.bin --replace 2 --key third.pem --out no.bin
boot 0 sign both.bin --replace all --key third.pem --out alone.bin
boot 0 info alone.bin --json
jq -e '(.signatures | length) == 1 and .chip == "esp32c3" and .signatures[0].exponent == 65537' out >/dev/null ||
    fail 'info --json'
boot 1 sign app.bin --key 3072.pem --key second.pem --key third.pem --key p256.pem --out no.bin
boot 1 sign app.bin --out no.bin
boot 1 sign app.bin --key 3072.pem --append --replace all --out no.bin

# --- in two steps ---
boot 0 sign app.bin --to-be-signed tbs
openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sign 3072.pem -out rsa.sig tbs
openssl dgst -sha384 -sign p384.pem -out p384.sig tbs
openssl dgst -sha256 -sign p384.pem -out wrong.sig tbs
boot 0 sign app.bin --signature rsa.sig --public-key 3072.pub --signature p384.sig --public-key p384.pub --out two.bin
boot 0 verify two.bin --public-key p384.pub
boot 2 sign app.bin --signature wrong.sig --public-key p384.pub --out no.bin
says 'ECDSA with SHA-384 is needed'
boot 2 sign app.bin --signature rsa.sig --public-key second.pub --out no.bin
boot 1 sign app.bin --signature rsa.sig --out no.bin

# --- what espsecure made, and what it takes although the key in the block is another ---
boot 0 verify "$vectors/v2_mixed/signed.bin" --public-key "$vectors/v2_mixed/key2.pem"
boot 7 verify "$vectors/neg_ecdsa256_bad_pubkey/signed.bin" --public-key "$vectors/neg_ecdsa256_bad_pubkey/key.pem"
boot 7 verify "$vectors/neg_rsa_bad_image/signed.bin" --public-key "$vectors/neg_rsa_bad_image/key.pem"
says 'the image was changed after it was signed'
boot 7 verify app.bin
says 'is not signed'
boot 2 info app.bin
cp c3-signed.bin flipped.bin
printf '\xaa' | dd of=flipped.bin bs=1 seek=40 conv=notrunc status=none
boot 7 verify flipped.bin

# --- v1 ---
boot 0 keygen --type ec:p256 --out v1.pem --public-out v1.pub
boot 0 sign c3.bin --version 1 --key v1.pem --out v1.bin
boot 0 verify v1.bin --version 1 --public-key v1.pub
boot 7 verify v1.bin --version 1 --public-key p256.pub
boot 5 sign v1.bin --version 1 --key v1.pem --out no.bin
boot 0 sign v1.bin --version 1 --key v1.pem --replace all --out again.bin
cmp v1.bin again.bin || fail 'a v1 signature is random'
boot 2 sign c3.bin --version 1 --key p384.pem --out no.bin
cp "$vectors"/v1_sign_a/key.pem reference.pem
chmod 600 reference.pem
boot 0 digest reference.pem --version 1 --out derived
cmp derived "$vectors/v1_sign_a/pkd256.bin" || fail 'another derived key'
[ "$(stat -c %a derived)" = 600 ] || fail 'the derived key can be read by others'
boot 0 sign "$vectors/v1_digest_32/bootloader.bin" --version 1 --bootloader-key derived --out loader.bin
boot 0 verify loader.bin --version 1 --bootloader-key derived
cp "$vectors/v1_digest_32/key.bin" other.key
chmod 600 other.key
boot 7 verify loader.bin --version 1 --bootloader-key other.key
boot 0 sign "$vectors/v1_digest_32/bootloader.bin" --version 1 --bootloader-key other.key \
    --iv "$vectors/v1_digest_32/iv.bin" --out loader32.bin
cmp loader32.bin "$vectors/v1_digest_32/out.bin" || fail 'another bootloader than espsecure makes'

# --- rotation on a chip: what has to start decides ---
port="sim:esp32c3?efuse=$work/fuses&flash=$work/flash"
head -c $((4 << 20)) /dev/zero | tr '\0' '\377' >flash
rotate() { # STATUS WORD...
    boot "$1" rotate --port "$port" "${@:2}"
}
rotate 0 --add 3072.pub --confirm burn
says 'slot 0    '
rotate 0 --add 3072.pub --confirm burn
says 'nothing to burn'
expect 0 efuse burn --port "$port" SECURE_BOOT_EN=1 --confirm burn
dd if=c3-signed.bin of=flash bs=4096 conv=notrunc status=none
rotate 8 --add second.pub
purpose() {
    "$espseal" efuse summary --port "$port" --field KEY_PURPOSE_1
}
before=$(purpose)
rotate 0 --add second.pub --dry-run
[ "$(purpose)" = "$before" ] || fail 'a dry run burned'
rotate 0 --add second.pub --confirm burn
[ "$(purpose)" = 10 ] || fail "the purpose is $(purpose)"
rotate 5 --revoke 0 --confirm burn
says 'SB-IMAGE: the bootloader in flash would not start'
rotate 5 --revoke 0 --revoke 1 --confirm burn
says 'no key would be left'
rotate 2 --add p256.pub --confirm burn
dd if=both.bin of=flash bs=4096 conv=notrunc status=none
rotate 0 --revoke 0 --confirm burn
rotate 5 --revoke 1 --confirm burn
rotate 5 --add 3072.pub --confirm burn
says 'which is revoked'
rotate 0 --add third.pub --confirm burn
boot 0 keygen --out fourth.pem --public-out fourth.pub
rotate 5 --add fourth.pub --confirm burn
says 'no slot of the ESP32-C3 is free'
boot 0 verify both.bin --efuse-file fuses --chip esp32c3
says 'key 0, revoked'
boot 7 verify c3-signed.bin --efuse-file fuses --chip esp32c3
says 'its key is revoked'
# what stands in the flash of a device, by what its own fuses trust
dd if=c3-signed.bin of=flash bs=4096 seek=16 conv=notrunc status=none
boot 0 verify --port "$port"
says 'key 0, revoked'
boot 7 verify 0x10000 --port "$port"
says '0x10000 is refused: '
says 'its key is revoked'
boot 2 verify 0x40000 --port "$port"
says 'there is no image at 0x40000'
boot 1 verify --port "$port" --digest "$(printf '%064d' 0)"
boot 1 verify
says 'IMAGE is missing'
cp fuses encrypted
expect 0 efuse burn SPI_BOOT_CRYPT_CNT=1 --efuse-file encrypted --chip esp32c3 --allow FE-NO-KEY --confirm burn
boot 5 verify --port "sim:esp32c3?efuse=$work/encrypted&flash=$work/flash"
says 'flash is encrypted'
# in a file nobody sees the flash
boot 5 rotate --efuse-file fuses --chip esp32c3 --revoke 1
says 'SB-IMAGE: an eFuse file does not tell'
boot 5 rotate --efuse-file fuses --chip esp32c3 --revoke 1 --image both.bin
boot 0 rotate --efuse-file fuses --chip esp32c3 --revoke 1 --image turned.bin
boot 5 rotate --port "sim:esp32c2" --revoke 0 --confirm burn
says 'can be neither changed nor revoked'
boot 5 rotate --port "sim:esp32h2" --add p256.pub --dry-run
boot 0 rotate --port "sim:esp32h2" --add p256.pub --allow SB-SCHEME --dry-run

# --- a key in a token ---
module=$(find /usr/lib /usr/local/lib -name libsofthsm2.so 2>/dev/null | head -n 1)
if [ -z "$module" ] || ! command -v pkcs11-tool >/dev/null || ! command -v softhsm2-util >/dev/null; then
    echo "NOTE: SoftHSM or OpenSC is not installed: no key in a token signed an image"
    exit 0
fi
export ASAN_OPTIONS=detect_leaks=0 # of engines and providers; espseal's own are looked for above
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$work" >softhsm.conf
export SOFTHSM2_CONF=$work/softhsm.conf
softhsm2-util --init-token --free --label boot --pin 4711 --so-pin 12345678 >/dev/null
echo 4711 >pin
chmod 600 pin
id=0
for type in rsa:3072 EC:prime256v1 EC:secp384r1; do
    id=$((id + 1))
    pkcs11-tool --module "$module" --token-label boot --login --pin 4711 --keypairgen --key-type "$type" --id "0$id" \
        --label "key$id" >/dev/null 2>&1 || fail "pkcs11-tool cannot make the $type key"
    uri="pkcs11:token=boot;object=key$id;type=private?module-path=$module"
    boot 0 digest "$uri" --pin-file pin --public-out "token$id.pub"
    boot 0 sign app.bin --key "$uri" --pin-file pin --out "token$id.bin"
    boot 0 verify "token$id.bin" --public-key "token$id.pub"
    boot 7 verify "token$id.bin" --public-key second.pub
done
boot 0 sign c3.bin --version 1 --key "pkcs11:token=boot;object=key2;type=private?module-path=$module" --pin-file pin \
    --out token-v1.bin
boot 0 verify token-v1.bin --version 1 --public-key token2.pub
boot 2 digest "pkcs11:token=boot;object=key2;type=private?module-path=$module" --pin-file pin --version 1 --out no.key
