#!/bin/bash
# Bad input for esp_secure_cert: partitions, rows, keys and certificates that are cut, broken or hostile. Each gets one
# line that names the place, one hint, exit 2 and no file; findings that a command reports exit 7.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
vectors=$SOURCE/tests/vectors/tlv
cd "$work"
umask 077
count=0
# refused STATUS TEXT WORD...
refused() {
    local want=$1 text=$2 status=0
    shift 2
    setsid "$espseal" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "espseal $* exits $status, not $want"
    [ "$(grep -c '^espseal: error: ' err)" -eq 1 ] || fail "espseal $* has not one error line"
    [ "$want" -ne 2 ] || [ "$(grep -c '^espseal: hint: ' err)" -eq 1 ] || fail "espseal $* has not one hint"
    ! grep -qvE '^espseal: (error|hint|warning): ' err || fail "espseal $*: something else talks on stderr"
    grep -q -- "^espseal: error: .*$text" err || fail "espseal $* does not say \"$text\""
    [ ! -e none ] || fail "espseal $* left a file"
    count=$((count + 1))
}
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out sign.pem 2>err

# --- partitions: entries at 0, 0x290 and 0x4a0, the integrity at 0x5a0 ---
head -c 1488 "$vectors/parse_padded/in.bin" >good.bin
change() { # FILE OFFSET BYTES: good.bin with these bytes
    cp good.bin "$1"
    printf '%b' "$3" | dd of="$1" bs=1 seek=$(($2)) conv=notrunc status=none
}
erased() { # COUNT
    head -c "$1" /dev/zero | tr '\0' '\377'
}
: >empty.bin
head -c 11 good.bin >header.bin
head -c 1000 good.bin >cut.bin
erased 4096 >erased.bin
{ cat good.bin && erased 70000; } >oversized.bin
change crc.bin 0x28c '\x00\x00\x00\x00'
change long.bin 10 '\xff\xff'    # a length beyond the partition
change overlap.bin 10 '\x10\x00' # the next entry would begin within this one's data
change magic.bin 0x290 '\x00'
{ head -c 1440 good.bin && printf '\x11\xba\x5e\xba\0\0\0\0\x33\0\xff\xff'; } >unterminated.bin
printf 'ffff' >text.bin

for words in 'inspect %' 'extract % --out none' 'sign % --key sign.pem --out none' 'append-integrity % --out none' 'verify %'; do
    for file in empty header cut erased long unterminated text; do
        [[ $words != extract* || $file != cut && $file != unterminated ]] || continue
        # shellcheck disable=SC2086 # words
        refused 2 "$file.bin" secure-cert ${words//%/$file.bin}
    done
done
# what is left of a cut partition can be taken apart, and is built again as it was, cut
for file in cut unterminated; do
    "$espseal" secure-cert extract $file.bin --out $file.parts >out 2>err || fail "extract $file.bin exits $?"
    "$espseal" secure-cert build --csv $file.parts/esp_secure_cert.csv --allow-private-key --out $file.again 2>err ||
        fail "$file.bin is not built again"
    cmp $file.again $file.bin || fail "$file.bin is built as another"
done
for command in sign append-integrity verify; do
    cp oversized.bin copy.bin
    words=(--out none)
    [ $command != sign ] || words+=(--key sign.pem)
    [ $command != verify ] || words=()
    refused 2 'oversized.bin is longer than 65536 bytes' secure-cert $command oversized.bin "${words[@]}"
done
refused 2 'cut.bin: the entry at 0x290 reaches beyond the end' secure-cert append-integrity cut.bin
cmp -n 1000 cut.bin good.bin || fail 'a cut partition was overwritten'
refused 2 'magic.bin: at 0x290 stands neither an entry nor an end' secure-cert append-integrity magic.bin
refused 2 'magic.bin: at 0x290 stands neither an entry nor an end' secure-cert sign magic.bin --key sign.pem --out none
refused 2 'crc.bin: the entry at 0x0 has a wrong CRC' secure-cert sign crc.bin --key sign.pem --out none
refused 2 'overlap.bin: the entry at 0x0 has a wrong CRC' secure-cert sign overlap.bin --key sign.pem --out none
for file in crc overlap; do
    refused 7 "$file.bin" secure-cert inspect $file.bin
    refused 7 "$file.bin" secure-cert verify $file.bin
done
# a legacy partition whose certificate would reach beyond its place
cp "$SOURCE/tests/vectors/legacy/cust_flash_plain_esp32c3_rsa_pem/esp_secure_cert.bin" legacy.bin
printf '\xff\xff' | dd of=legacy.bin bs=1 seek=4 conv=notrunc status=none
refused 2 'legacy.bin' secure-cert inspect legacy.bin
refused 2 'legacy.bin' secure-cert extract legacy.bin --out none

# --- rows ---
columns=tlv_type,tlv_subtype,data_value,data_type,priv_key_type,algorithm,key_size,efuse_id,efuse_key
rows() { # TEXT CONTENTS
    printf '%b' "$2" >rows.csv
    refused 2 "$1" secure-cert build --csv rows.csv --out none
}
rows 'rows.csv is empty' ''
rows 'rows.csv line 1: there is no column "data_type"' 'tlv_type,tlv_subtype,data_value\n51,0,a\n'
rows 'rows.csv line 1: there is no column "tlv_type"' '51,0,a,string\n'
rows 'rows.csv line 1: the column "tlv_type" is there twice' 'tlv_type,tlv_type,data_value,data_type\n1,1,a,string\n'
rows 'rows.csv line 2: data_value is missing' "$columns\n51,0\n"
rows 'rows.csv line 3: a quote is opened here and never closed' "$columns\n51,0,a,string\n52,0,\"abc,string\n"
rows 'rows.csv line 2 holds a NUL byte' "$columns\n51,0,a\\0b,string\n"
rows 'rows.csv line 2: the PEM text' "$columns\n1,0,-----BEGIN CERTIFICATE-----garbage-----END CERTIFICATE-----,string\n"
rows 'rows.csv line 2: the private key' "$columns\n2,0,-----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY-----,string,plaintext,RSA,2048\n"
rows 'rows.csv line 2: the key is EC P-256, not RSA' "$columns\n2,0,sign.pem,file,plaintext,RSA,2048\n"
rows 'rows.csv line 2: cannot open nowhere.pem' "$columns\n2,0,nowhere.pem,file,plaintext,RSA,2048\n"
rows 'rows.csv line 2: USER_DATA_1 of 9000 bytes does not fit' "$columns\n51,0,$(head -c 9000 /dev/zero | tr '\0' a),string\n"
entries() { # TEXT CONTENTS
    printf '%s' "$2" >rows.json
    refused 2 "$1" secure-cert build --entries rows.json --out none
}
entries 'rows.json: not JSON at line 1, column 16' '[{"tlv_type": 51'
entries 'rows.json entry 1: tlv_subtype is missing' '[{"tlv_type": 51}]'
entries 'rows.json has no array of entries' '{}'

# --- keys and certificates ---
openssl ecparam -name brainpoolP256r1 -genkey -noout -out brainpool.pem
printf -- '-----BEGIN EC PRIVATE KEY-----\nnot base64 at all\n-----END EC PRIVATE KEY-----\n' >garbage.pem
head -c 100 sign.pem >half.pem
# P-256's own name, 1.2.840.10045.3.1.7, becomes one that nobody gave to a curve
openssl ec -in sign.pem -outform DER -out key.der 2>err
xxd -p key.der | tr -d '\n' | sed 's/06082a8648ce3d030107/06082a8648ce3d03017f/' | xxd -r -p >unknown.der
cp empty.bin empty.pem
for key in garbage.pem half.pem unknown.der empty.pem; do
    refused 2 "$key" identity csr --key $key --subject /CN=x --out none
    refused 2 "$key" secure-cert sign good.bin --key $key --out none
    refused 2 "$key" secure-cert build --private-key $key --key-storage plaintext --out none
    refused 2 "$key" secure-cert build --device-cert $key --out none
done
refused 2 'brainpool.pem: an EC brainpoolP256r1 key cannot sign' secure-cert sign good.bin --key brainpool.pem --out none
refused 2 'takes no EC brainpoolP256r1 key' secure-cert build --private-key brainpool.pem --key-storage ecdsa --chip esp32h2 \
    --efuse-key 1 --out none

# --- a CA that has expired signs nothing, and seals nothing ---
openssl req -new -key sign.pem -subj '/CN=old' -out old.csr 2>err
printf 'basicConstraints=critical,CA:TRUE\n' >ca.ext
openssl x509 -req -in old.csr -signkey sign.pem -days 0 -extfile ca.ext -out old.pem 2>err # valid for this second
sleep 1.1
"$espseal" identity key --type ec:p256 --out device.key 2>err
"$espseal" identity csr --key device.key --subject /CN=x --out device.csr 2>err
refused 2 'the CA certificate of "CN=old" expired on' identity cert --csr device.csr --ca-cert old.pem --ca-key sign.pem --days 10 --out none
"$espseal" efuse summary --port 'sim:esp32c3?efuse=efuse.bin&flash=flash.bin' >out 2>err && cp efuse.bin before.bin
refused 2 'expired' provision --port 'sim:esp32c3?efuse=efuse.bin&flash=flash.bin' --mode production --subject /CN=x \
    --ca-cert old.pem --ca-key sign.pem --confirm burn
cmp efuse.bin before.bin || fail 'BURNED under a CA that has expired'
echo "$count refusals"
