#!/bin/bash
# nvs build, encrypt, decrypt, keygen: the reference's bytes, modes of files, exit statuses, what is said.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
vectors=$SOURCE/tests/vectors/nvs
umask 022
cd "$work"

# use CASE: its files lie in the current folder as a person would have them
use() {
    rm -rf "$work/in"
    cp -r "$vectors/$1" "$work/in"
    cd "$work/in"
    find . \( -name keys.bin -o -name hmac.bin \) -exec chmod 600 {} +
}

# every way to the reference's bytes
for case in all_types_v1_3000 files_v1 files_v2 blob_3pages two_csv readonly_2000 wifi_special_keys namespaces; do
    use "$case"
    size=$(jq -r '.command | match("0x[0-9a-f]+").string' case.json)
    version=$(jq -r 'if .command | contains("--version 1") then 1 else 2 end' case.json)
    more=()
    [ "$case" != namespaces ] || more=(--latest-namespace)
    expect 0 nvs build ./*.csv --size "$size" --version "$version" --out made.bin "${more[@]}"
    cmp made.bin out.bin || fail "$case is not the reference's"
    mode made.bin 600
    [ ! -s "$work/out" ] || fail "build prints on stdout"
    says "made.bin: NVS partition of 0x$(printf %x "$(stat -c %s out.bin)") bytes, its values in the clear"
done
use namespaces
expect 0 nvs build in.csv --size 0x3000 --out made.bin
cmp -s made.bin out.bin && fail "a key goes into the wrong namespace"
says 'note: in.csv line 8: back to namespace "a"; nvs_partition_gen.py 0.2.0 would put what follows into "c"'
use wifi_special_keys
expect 0 nvs build in.csv --size 0x3000 --out -
cmp "$work/out" out.bin || fail "--out - is not the partition"
says 'note: added sta.apinfo, sta.pmk, sta.apsw beside sta.ssid, as nvs_partition_gen.py does'
says 'note: added ap.pmk_info for the access point of ap.ssid'
use readonly_1000
expect 0 nvs build in.csv --size 0x1000 --out made.bin --json
jq -e --arg sha "$(sha256sum out.bin | cut -d' ' -f1)" \
    '.file == "made.bin" and .size == 4096 and .encrypted == false and .sha256 == $sha' "$work/out" >/dev/null ||
    fail "the JSON is wrong"
says 'needs the flag readonly in the partition table'
expect 2 nvs build in.csv --size 0x1000 --out made.bin
says 'made.bin exists already'
expect 0 nvs build in.csv --size 0x1000 --out made.bin --force

# mistakes: the place, a hint, exit 2
for case in err_b64_bad err_bad_encoding err_file_missing err_hex_bad err_hex_odd err_i8_range err_key_too_long \
    err_not_a_number err_string_too_long err_too_much_data err_u64_neg err_u8_range string_3968; do
    use "$case"
    expect 2 nvs build in.csv --size "$(jq -r '.command | match("0x[0-9a-f]+").string' case.json)" --out made.bin
    says 'espseal: error: in.csv line '
    [ "$(wc -l <"$work/err")" -eq 2 ] || fail "$case: not one line and a hint"
    [ ! -e made.bin ] || fail "$case leaves a file"
done
use err_size_zero
expect 1 nvs build in.csv --size 0x3001 --out made.bin
expect 1 nvs build in.csv --size 0 --out made.bin
expect 1 nvs build in.csv --size lots --out made.bin
expect 1 nvs build --size 0x3000 --out made.bin
says 'CSV... is missing'
refused() { # SAYS ROW...: a table of these rows is refused
    local text=$1
    shift
    printf '%s\n' 'key,type,encoding,value' "$@" >bad.csv
    expect 2 nvs build bad.csv --size 0x3000 --out bad.bin
    says "$text"
}
refused 'bad.csv line 2: the key "k" stands before any namespace' 'k,data,u8,1'
refused 'bad.csv line 4: the key "k" is there twice in its namespace' 'n,namespace,,' 'k,data,u8,1' 'k,data,u16,1'
refused 'bad.csv line 3 has 5 cells, and the header has 4' 'n,namespace,,' 'k,data,string,a,b'
refused 'bad.csv line 3: a quote is opened here and never closed' 'n,namespace,,' 'k,data,string,"a'
refused 'bad.csv line 3: there is no type "dat"' 'n,namespace,,' 'k,dat,u8,1'
refused 'bad.csv line 2: the namespace "sixteen_letters_" has 16 bytes' 'sixteen_letters_,namespace,,'
printf 'key,type,value\n' >bad.csv
expect 2 nvs build bad.csv --size 0x3000 --out bad.bin
says 'bad.csv line 1: there is no column "encoding"'
says 'hint: the first row of an NVS table is: key,type,encoding,value'

# keys
use generate_key_hmac_0
expect 0 nvs keygen --hmac-key hmac.bin --out made.bin
cmp made.bin keys.bin || fail "derived keys are not the reference's"
mode made.bin 600
expect 2 nvs keygen --out made.bin
says 'keys are never replaced'
expect 0 nvs keygen --out random.bin --json
jq -e '.file == "random.bin" and .derived == false' "$work/out" >/dev/null || fail "the JSON of keygen is wrong"
mode random.bin 600
[ "$(stat -c %s random.bin)" -eq 4096 ] || fail "random.bin is no keys partition"
expect 0 nvs keygen --out random2.bin
cmp -s random.bin random2.bin && fail "two random keys are the same"
expect 0 nvs keygen --new-hmac-key new_hmac.bin --out derived.bin
mode new_hmac.bin 600
expect 0 nvs keygen --hmac-key new_hmac.bin --out derived2.bin
cmp derived.bin derived2.bin || fail "keys do not follow from the HMAC key"
chmod 644 hmac.bin
expect 2 nvs keygen --hmac-key hmac.bin --out x.bin
says 'can be read by others'
expect 1 nvs keygen --hmac-key hmac.bin --new-hmac-key y.bin --out x.bin

# encrypting and decrypting
use encrypted_v2_6000
expect 0 nvs encrypt plain.bin --keys keys.bin --out made.bin
cmp made.bin enc.bin || fail "nvs encrypt is not the reference's"
mode made.bin 644
says 'made.bin: NVS partition of 0x6000 bytes, encrypted'
expect 0 nvs decrypt made.bin --keys keys.bin --out dec2.bin
cmp dec2.bin plain.bin || fail "nvs decrypt does not give it back"
mode dec2.bin 600
expect 0 nvs build in.csv --size 0x6000 --keys keys.bin --out made2.bin
cmp made2.bin enc.bin || fail "nvs build --keys is not the reference's"
head -c 64 keys.bin >raw.bin
chmod 600 raw.bin
expect 0 nvs decrypt enc.bin --keys raw.bin --out -
cmp "$work/out" plain.bin || fail "64 bytes are no keys"
expect 0 nvs encrypt plain.bin --new-keys pair_keys.bin --out pair.bin --json
jq -e '.encrypted and .keys == "pair_keys.bin"' "$work/out" >/dev/null || fail "the JSON does not name the pair"
mode pair_keys.bin 600
expect 0 nvs decrypt pair.bin --keys pair_keys.bin --out pair_dec.bin
cmp pair_dec.bin plain.bin || fail "the pair does not fit"
expect 2 nvs encrypt plain.bin --new-keys pair_keys.bin --out pair2.bin --force
says 'keys are never replaced'
[ ! -e pair2.bin ] || fail "a partition without its keys is written"
expect 1 nvs encrypt plain.bin --out x.bin
says 'no keys are given'
expect 1 nvs encrypt plain.bin --keys keys.bin --new-keys y.bin --out x.bin
says '--keys and --new-keys both give keys'
expect 1 nvs encrypt plain.bin --new-keys x.bin --out x.bin
printf 'x' | dd of=keys.bin bs=1 seek=3 conv=notrunc status=none
expect 2 nvs encrypt plain.bin --keys keys.bin --out x.bin
says 'the CRC of the NVS keys in keys.bin is wrong'
head -c 4096 /dev/zero | tr '\0' '\377' >erased.bin
chmod 600 erased.bin
expect 2 nvs encrypt plain.bin --keys erased.bin --out x.bin
says 'hint: espseal nvs keygen makes keys'
head -c 5000 plain.bin >short.bin
expect 2 nvs decrypt short.bin --keys raw.bin --out x.bin
says 'short.bin has 5000 bytes'
use encrypt_hmac_derived
expect 0 nvs build in.csv --size 0x3000 --hmac-key hmac.bin --out made.bin
cmp made.bin enc.bin || fail "nvs build --hmac-key is not the reference's"

use encrypted_v2_3000
expect 2 nvs encrypt enc.bin --keys keys.bin --out x.bin
says 'enc.bin is encrypted already, or damaged'
expect 2 nvs decrypt plain.bin --keys keys.bin --out x.bin
says 'plain.bin is not encrypted'
expect 0 nvs keygen --out other.bin
expect 2 nvs decrypt enc.bin --keys other.bin --out x.bin
says 'the keys are not those of enc.bin'
[ ! -e x.bin ] || fail "a refused command leaves a file"

# what a partition holds
for case in all_types_v1_3000 all_types_v2_3000 files_v1 blob_3pages two_csv readonly_2000 wifi_special_keys namespaces; do
    use "$case"
    size=$(jq -r '.command | match("0x[0-9a-f]+").string' case.json)
    version=$(jq -r 'if .command | contains("--version 1") then 1 else 2 end' case.json)
    expect 0 nvs dump out.bin --csv
    cp "$work/out" again.csv
    [ ! -s "$work/err" ] || fail "dump talks about a partition that is whole"
    expect 0 nvs build again.csv --size "$size" --version "$version" --out again.bin
    cmp again.bin out.bin || fail "$case is not built again of its own table"
    expect 0 nvs check out.bin
    says 'whole'
    [ ! -s "$work/out" ] || fail "check has findings in $case"
done
use all_types_v2_3000
expect 0 nvs dump out.bin
tr -s ' ' <"$work/out" | grep -qF 'ns_' || fail "no namespace in the table"
tr -s ' ' <"$work/out" | grep -qE '^ns_[0-9a-f]+ i64min i64 -9223372036854775808$' || fail "no i64min in the table"
expect 0 nvs dump out.bin --json
jq -e '[.items[] | {(.key): (.value // .hex)}] | add | .u8max == 255 and .i32min == -2147483648 and
    .u64max == "18446744073709551615" and .strempty == "" and .strq == "with, comma \"q\"" and
    (.strutf8 | startswith("grüße")) and (.hexa | length) == 42' "$work/out" >/dev/null || fail "the JSON is wrong"
jq -e '.findings == [] and .items[0].page == 0 and .items[0].entry == 1' "$work/out" >/dev/null || fail "no place"
expect 1 nvs dump out.bin --json --csv
use encrypted_v2_3000
expect 2 nvs dump enc.bin
says 'hint: give the keys with --keys FILE or --hmac-key FILE'
[ ! -s "$work/out" ] || fail "something is shown of an encrypted partition"
expect 0 nvs dump enc.bin --keys keys.bin --csv
cp "$work/out" enc.csv
expect 0 nvs dump plain.bin --csv
cmp "$work/out" enc.csv || fail "an encrypted partition holds something else"
expect 0 nvs check enc.bin --keys keys.bin
expect 2 nvs check enc.bin
expect 2 nvs dump plain.bin --keys keys.bin

# damage: one byte of the string that is item 15, and the header of a second page
use all_types_v2_3000
cp out.bin bad.bin
entry=$("$espseal" nvs dump out.bin --json | jq '.items[] | select(.key == "str1") | .entry')
printf '!' | dd of=bad.bin bs=1 seek=$((64 + 32 * (entry + 1))) conv=notrunc status=none
printf 'x' | dd of=bad.bin bs=1 seek=$((4096 + 4)) conv=notrunc status=none
expect 7 nvs check bad.bin
says 'espseal: error: bad.bin is damaged in 2 places'
tr -s ' ' <"$work/out" | grep -qE "^ ?0 $entry 0x[0-9a-f]+ damage the CRC of the data is 0x" || fail "no damaged entry"
tr -s ' ' <"$work/out" | grep -qE '^ ?1 - 0x1000 damage the page says that it is blank' || fail "no damaged page"
expect 7 nvs check bad.bin --json
jq -e --argjson entry "$entry" '.whole == false and (.findings | length) == 2 and (.pages | length) == 3 and
    ([.findings[] | select(.page == 0)] | .[0].entry == $entry) and
    ([.findings[] | select(.page == 1)] | .[0].entry == null and .[0].offset == 4096)' "$work/out" >/dev/null ||
    fail "the JSON of the findings is wrong"
expect 2 nvs dump bad.bin
says "espseal: warning: page 0 entry $entry (0x"
says 'espseal: error: bad.bin is damaged in 2 places; what is whole is shown'
grep -q str31 "$work/out" || fail "what is whole is not shown"
grep -q 'str1 ' "$work/out" && fail "a damaged string is shown"
head -c 4095 out.bin >short.bin
expect 2 nvs check short.bin
says 'short.bin has 4095 bytes'
expect 2 nvs dump none.bin

# values of one device
mkdir "$work/values"
cd "$work/values"
cat >nvs.csv <<'CSV'
key,type,encoding,value
net,namespace,,
ssid,data,string,default
key,data,hex2bin
app,namespace,,
ssid,data,string,unchanged
serial,data,string
count,data,u32,7
CSV
cat >devices.csv <<'CSV'
id,mac,serial,net:ssid,key,count
1,7c:df:a1:5e:a1:01,A-1,one,00ff,1
2,7C-DF-A1-5E-A1-02,A-2,"two, too",01ff,2
3,7cdfa15ea103,A-2,three,02ff,x
CSV
cat >wanted.csv <<'CSV'
key,type,encoding,value
net,namespace,,
ssid,data,string,"two, too"
key,data,hex2bin,01ff
app,namespace,,
ssid,data,string,unchanged
serial,data,string,A-2
count,data,u32,2
CSV
expect 0 nvs build wanted.csv --size 0x3000 --out wanted.bin
expect 0 nvs build nvs.csv --size 0x3000 --values devices.csv --mac 7c:df:a1:5e:A1:02 --out made.bin
cmp made.bin wanted.bin || fail "the values of the device are not there"
expect 0 nvs build nvs.csv --size 0x3000 --values devices.csv --serial A-1 --out one.bin
expect 2 nvs build nvs.csv --size 0x3000 --values devices.csv --serial A-2 --out x.bin
says 'devices.csv has the serial A-2 in line 3 and in line 4'
expect 2 nvs build nvs.csv --size 0x3000 --values devices.csv --serial A-9 --out x.bin
says 'devices.csv has no row with the serial A-9'
expect 2 nvs build nvs.csv --size 0x3000 --values devices.csv --mac 7cdfa15ea103 --out x.bin
says 'nvs.csv line 8: the value is no number for the encoding u32'
expect 1 nvs build nvs.csv --size 0x3000 --values devices.csv --mac 7cdf --out x.bin
expect 1 nvs build nvs.csv --size 0x3000 --values devices.csv --out x.bin
says 'needs the device whose row to take'
expect 1 nvs build nvs.csv --size 0x3000 --mac 7cdfa15ea103 --out x.bin
says 'nothing in the table depends on it'
expect 2 nvs build nvs.csv --size 0x3000 --values devices.csv --mac 7cdfa15ea103 --serial A-1 --out x.bin
says 'has this MAC in line 4 and the serial A-1 in line 2'
sed -i 1s/count/cuont/ devices.csv
expect 2 nvs build nvs.csv --size 0x3000 --values devices.csv --serial A-1 --out x.bin
says 'devices.csv: the column "cuont" is no key of the NVS table'
[ ! -e x.bin ] || fail "a refused build leaves a file"

# words in braces, for one device
cat >words.csv <<'CSV'
key,type,encoding,value
dev,namespace,,
mac,data,string,{mac}
serial,data,string,SN-{serial}
name,data,string,{name}
random,data,hex2bin,{random:16}
number,data,u32,0x{random:4}
text,data,string,"{""a"":{}, {B}}"
key,data,string,{hmac:ap}
batch,data,string,{batch}
own,data,string,{random:4}
file,file,string,{mac}.txt
salt,data,hex2bin,{sec2_salt}
verifier,data,hex2bin,{sec2_verifier}
CSV
printf '%s\n' mac,serial,batch,own '7c:df:a1:5e:a1:01,0001,B7,{mac}' 7c:df:a1:5e:a1:02,0002,,x >words_of.csv
printf 'of the file {mac}' >7cdfa15ea101.txt
head -c 32 /dev/zero >derive.key
chmod 600 derive.key
made=(nvs build words.csv --size 0x6000 --values words_of.csv --derive-key derive.key)
expect 0 "${made[@]}" --serial 0001 --label label.txt --out first.bin
expect 0 "${made[@]}" --mac 7CDFA15EA101 --label label2.txt --out second.bin
[ "$(stat -c %a label.txt)" = 600 ] || fail "the label has mode $(stat -c %a label.txt)"
pop=$(jq -r .pop label.txt)
[ "${#pop} $(jq -r .name label.txt)" = '12 PROV_5EA101' ] || fail "the label says $(cat label.txt)"
[ "$pop" != "$(jq -r .pop label2.txt)" ] || fail "two devices have the same proof of possession"
expect 0 nvs dump first.bin --csv
cp "$work/out" first.csv
expect 0 nvs dump second.bin --csv
for line in mac,data,string,7cdfa15ea101 serial,data,string,SN-0001 name,data,string,PROV_5EA101 batch,data,string,B7 \
    'own,data,string,{mac}' 'file,data,string,of the file {mac}' 'text,data,string,"{""a"":{}, {B}}"' \
    "key,data,string,$(printf '\x7c\xdf\xa1\x5e\xa1\x01ap' |
        openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(printf '%064d' 0)" -r | cut -d' ' -f1)"; do
    grep -qxF "$line" first.csv || fail "first.bin has no $line"
    grep -qxF "$line" "$work/out" || fail "second.bin has no $line"
done
for key in random salt verifier; do
    line=$(grep "^$key," first.csv)
    ! grep -qxF "$line" "$work/out" || fail "two partitions have the same $key"
done
expect 1 "${made[@]}" --serial 0001 --out x.bin
says 'would be lost'
# refused_word VALUE TEXT: a table with that value
refused_word() {
    printf 'key,type,encoding,value\ndev,namespace,,\na,data,string,%s\n' "$1" >bad.csv
    expect 2 nvs build bad.csv --size 0x3000 --mac 7c:df:a1:5e:a1:01 --out x.bin
    says "bad.csv line 3: $2"
}
printf 'key,type,encoding,value\ndev,namespace,,\na,data,string,{mac}\n' >bad.csv
expect 1 nvs build bad.csv --size 0x3000 --mac 7c:df:a1:5e:a1:01 --label label3.txt --out x.bin
says 'no value has {pop} or {sec2_verifier}'
refused_word '{seriall}' 'there is no word {seriall}'
refused_word '{serial}' 'nobody told what stands for {serial}'
refused_word '{chip}' 'nobody told what stands for {chip}'
refused_word '{hmac:x}' 'nobody told what stands for {hmac}'
refused_word '{random}' '{random:N} needs a number of bytes, 1 to 1024'
refused_word '{random:0}' '{random:N} needs'
refused_word '{random:1025}' '{random:N} needs'
printf 'mac,batch\n7c:df:a1:5e:a1:01,\n' >empty.csv
printf 'key,type,encoding,value\ndev,namespace,,\na,data,string,x{batch}\n' >bad.csv
expect 2 nvs build bad.csv --size 0x3000 --values empty.csv --mac 7c:df:a1:5e:a1:01 --out x.bin
says 'bad.csv line 3: empty.csv line 2 has nothing in the column batch'
[ ! -e x.bin ] || fail "a refused build leaves a file"
# with no device a table stays what it is
printf 'key,type,encoding,value\ndev,namespace,,\na,data,string,{mac}\n' >plain_words.csv
expect 0 nvs build plain_words.csv --size 0x3000 --out plain_words.bin
expect 0 nvs dump plain_words.bin --csv
grep -qxF 'a,data,string,{mac}' "$work/out" || fail 'a word was filled in with no device named'

# straight from a chip: by the table's name, by an offset that the table knows, by an offset and a size
use encrypted_v2_6000
chip=(--port "sim:esp32c3?efuse=$work/chip.efuse&flash=$work/chip.flash")
printf 'nvs,data,nvs,0x9000,0x6000,\nmore,data,nvs,0x10000,0x6000,\nodd,data,nvs,0x16000,0x3000,\n' >table.csv
expect 0 partition-table encode table.csv --out table.bin
expect 0 flash write "${chip[@]}" 0x8000=table.bin 0x9000=plain.bin 0x10000=enc.bin 0x40000=enc.bin
expect 0 nvs dump plain.bin --csv
cp "$work/out" plain.csv
for place in '' '--partition nvs' '--partition 0x9000' '--partition 0x9000 --size 0x6000'; do
    # shellcheck disable=SC2086 # two or four words
    expect 0 nvs dump "${chip[@]}" $place --csv
    cmp "$work/out" plain.csv || fail "nvs dump $place is not what nvs dump shows of the file"
done
expect 0 nvs dump "${chip[@]}" --partition more --keys keys.bin --csv
cmp "$work/out" plain.csv || fail 'the encrypted partition of the chip is another one'
expect 0 nvs check "${chip[@]}" --json
jq -e '.partition == "nvs" and .whole' "$work/out" >/dev/null || fail 'the JSON of nvs check is wrong'
expect 0 nvs check "${chip[@]}" --partition 0x40000 --size 0x6000 --keys keys.bin
says 'flash at 0x40000: '
expect 0 nvs decrypt "${chip[@]}" --partition more --keys keys.bin --out from_chip.bin
cmp from_chip.bin plain.bin || fail 'nvs decrypt of a chip is not the plain partition'
mode from_chip.bin 600
expect 0 flash read more "${chip[@]}" --out read.bin
expect 0 nvs decrypt read.bin --keys keys.bin --out from_file.bin
cmp from_file.bin plain.bin || fail 'nvs decrypt of what was read is not the plain partition'
expect 2 nvs dump "${chip[@]}" --partition more
says 'more is encrypted, or damaged'
expect 2 nvs decrypt "${chip[@]}" --keys keys.bin --out x.bin
says "hint: espseal nvs dump --port ${chip[1]} --partition nvs shows them"
expect 2 nvs dump "${chip[@]}" --partition none
says 'the table has nvs, more, odd'
expect 1 nvs dump "${chip[@]}" --partition 0x40000
says 'give --size'
expect 1 nvs dump "${chip[@]}" --partition odd --size 0x4000
expect 2 nvs check "${chip[@]}" --partition 0x9000 --size 0x1001
says 'made of pages of 4096'
expect 1 nvs dump "${chip[@]}" plain.bin
says 'cannot both be read'
expect 1 nvs dump plain.bin --partition nvs
says 'has no meaning without --port'
expect 1 nvs check
says 'or --port PORT'
use encrypt_hmac_derived
expect 0 flash write "${chip[@]}" 0x50000=enc.bin
size=$(stat -c %s enc.bin)
expect 0 nvs decrypt "${chip[@]}" --partition 0x50000 --size "$size" --hmac-key hmac.bin --out from_chip.bin
expect 0 nvs decrypt enc.bin --hmac-key hmac.bin --out from_file.bin
cmp from_chip.bin from_file.bin || fail 'the derived keys decrypt another partition'
[ ! -e x.bin ] || fail 'a refused command leaves a file'
echo "PASS"
