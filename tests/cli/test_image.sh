#!/bin/bash
# `espseal image info`: what a person and a script see of an image, and of a damaged one.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
vectors=$SOURCE/tests/vectors
cd "$work"
# info STATUS FILE WORD...
info() {
    local want=$1 status=0
    shift
    "$espseal" image info "$@" >out 2>err || status=$?
    [ "$status" -eq "$want" ] || fail "image info $* exits $status, not $want"
}

info 0 "$vectors/image/esp32c3_app/image.bin"
for words in '^chip  *ESP32-C3 (id 5)' '^chip revision  *v0.3 to v3.99' '^flash  *dio, 40m, 2MB' '^secure version  *7' \
    '^application  *prjd1ad41 2.142' '^SHA-256 .*, right' '^checksum  *0xee, right' '^signature  *none' '0x3c000020'; do
    grep -q "$words" out || fail "no line like $words"
done
[ ! -s err ] || fail "talk on stderr"

info 0 "$vectors/image/esp32c3_boot/image.bin" --json
[ "$(jq -r '.bootloader.idf_version, .max_revision, .sha256_ok, (.segments | length)' out | paste -sd ' ')" = \
    'v5.5.1 65535 true 2' ] || fail "JSON of a bootloader"
info 0 - --json <"$vectors/image/esp32s3_qio80/image.bin"
[ "$(jq -r '.chip + " " + .flash_mode + " " + .flash_freq + " " + .flash_size' out)" = 'esp32s3 qio 80m 16MB' ] ||
    fail "JSON of an image from standard input"
info 0 "$vectors/image/esp32c3_nodigest/image.bin"
grep -q '^SHA-256  *none' out || fail "an image without hash"
info 2 "$vectors/image/unknown_chip_id/image.bin" # and its hash is wrong, too
grep -q '^chip  *unknown (id' out || fail "an unknown chip"

info 0 "$vectors"/image_signed/v2_real_image/signed.bin --json
[ "$(jq -r '.signatures[0] | .scheme, .offset, .crc_ok, .digest_ok' out | paste -sd ' ')" = \
    'Secure Boot v2 ECDSA P-256 4096 true true' ] || fail "JSON of a signed image"
info 0 "$vectors"/image_signed/v2_real_image/signed.bin
grep -q '^  key digest  *cd12e4ffdda1133e9cfaaa361e56375065bc120c5ea1704fa69e78ad9ef3f510' out || fail "the key's digest"

info 2 "$vectors/image/bad_hash/image.bin"
grep -q 'error: .*bad_hash.*SHA-256 is wrong' err || fail "a wrong hash"
grep -q '^SHA-256 .*, WRONG' out || fail "the hash is not called wrong"
info 2 "$vectors/image/bad_checksum/image.bin"
grep -q 'error: .*its checksum is wrong' err || fail "a wrong checksum"
info 2 "$vectors/image/bad_checksum/image.bin" --json
jq -e '.checksum_ok == false' out >/dev/null || fail "JSON of a damaged image"
info 2 "$vectors/image/truncated/image.bin"
grep -q 'error: .*cut: its segment 1 of 3' err || fail "a cut image"
info 2 "$vectors/image/bad_magic/image.bin"
grep -q 'starts with e8 instead of e9' err || fail "no image"
info 2 "$vectors/image/empty/image.bin"
info 2 nowhere.bin
cp "$vectors"/image_signed/v2_real_image/signed.bin other.bin
printf '\1' | dd of=other.bin bs=1 seek=2000 conv=notrunc status=none # the padding behind the image is signed too
info 2 other.bin
grep -q 'error: .*signature block at 0x1000 signs another image' err || fail "a signature of another image"
