# What the example profiles name, made on the spot; for tests that source this.
# shellcheck shell=bash

# le VALUE BYTES: little-endian, for printf.
le() {
    local value=$1 i
    for ((i = 0; i < $2; i++)); do
        printf '\\x%02x' $(((value >> (8 * i)) & 255))
    done
}

# tiny_image CHIP_ID FILE: a valid image of one segment with sixteen zero bytes, its checksum and hash behind.
tiny_image() {
    {
        printf '\xe9\x01\x02\x20'
        printf %b "$(le 0x40380000 4)"
        printf '\xee\0\0\0'
        printf %b "$(le "$1" 2)"
        printf '\0\0\0\xff\xff\0\0\0\0\x01'
        printf %b "$(le 0x3fc80000 4)$(le 16 4)"
        head -c 31 /dev/zero
        printf '\xef'
    } >"$2"
    openssl dgst -sha256 -binary "$2" >"$2.hash"
    cat "$2.hash" >>"$2"
    rm "$2.hash"
}

# The files of every example in the current folder, for one chip: profile_files CHIP [TYPE].
profile_files() {
    local chip=$1 type=${2:-rsa:3072} allow=()
    declare -A ids=([esp32]=0 [esp32s2]=2 [esp32c3]=5 [esp32s3]=9 [esp32c2]=12 [esp32c6]=13 [esp32h2]=16 [esp32p4]=18)
    [ "$chip" != esp32c2 ] || type=ec:p256
    [ "$type" = rsa:3072 ] || allow=(--allow SB-SCHEME)
    "$BIN/espseal" identity ca --subject '/CN=Test CA' --days 3650 --out-cert ca.pem --out-key ca.key
    openssl req -x509 -newkey rsa:2048 -nodes -keyout escrow.key -subj /CN=escrow -days 365 -out escrow.pem
    "$BIN/espseal" secure-boot keygen --type "$type" "${allow[@]}" --out signing-key.pem --public-out signing-key.pub.pem
    tiny_image "${ids[$chip]}" image.bin
    for name in bootloader app; do
        "$BIN/espseal" secure-boot sign image.bin --key signing-key.pem "${allow[@]}" --out $name.bin
    done
    printf '%s\n' 'nvs, data, nvs, 0x9000, 0x4000,' 'esp_secure_cert, 0x3f, , 0xd000, 0x2000,' \
        'factory, app, factory, 0x10000, 1M,' >table.csv
    "$BIN/espseal" partition-table encode table.csv --out partition-table.bin
    cp "$SOURCE/examples/device-nvs.csv" .
} >/dev/null 2>&1

# The kind of key that an example signs its firmware with: profile_key_type NAME.
profile_key_type() {
    case $1 in *-ecdsa) echo ec:p256 ;; *) echo rsa:3072 ;; esac
}
