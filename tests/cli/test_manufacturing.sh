#!/bin/bash
# Manufacturing data as part of provision: an NVS partition per device, in the clear and encrypted by both schemes; a
# rerun changes nothing, random values above all; what is wrong is told by file and line before a fuse is burned.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
umask 022
cd "$work"
touch out err
# expect STATUS WORD...: runs espseal; its output is in out and err
expect() {
    local wanted=$1 status=0
    shift
    "$espseal" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || fail "espseal $* exits $status instead of $wanted"
}
cat >nvs.csv <<'CSV'
key,type,encoding,value
dev,namespace,,
mac,data,string,{mac}
serial,data,string,SN-{serial}
chip,data,string,{chip}
secret,data,hex2bin,{random:16}
colour,data,string,unknown
prov,namespace,,
salt,data,hex2bin,{sec2_salt}
verifier,data,hex2bin,{sec2_verifier}
CSV
cat >devices.csv <<'CSV'
mac,serial,colour
7c:df:a1:5e:a1:03,A-3,red
7c:df:a1:5e:a1:04,A-4,blue
CSV
cat >table.csv <<'CSV'
nvs, data, nvs, 0x9000, 0x4000,
esp_secure_cert, 0x3f, 6, 0xd000, 0x2000,
keys, data, nvs_keys, 0xf000, 0x1000,
fctry, data, nvs, 0x12000, 0x3000,
phy, data, phy, 0x15000, 0x1000,
app, app, factory, 0x20000, 1M,
CSV
expect 0 partition-table encode table.csv --out table.bin
expect 0 identity ca --subject '/CN=Test CA' --days 30000 --out-cert ca.pem --out-key ca.key

# beside an identity, all by options
port='sim:esp32c3?efuse=a.efuse&flash=a.flash&mac=7c:df:a1:5e:a1:03'
given=(provision --port "$port" --mode development --ca-cert ca.pem --ca-key ca.key --subject '/CN={mac}'
    --firmware 0x8000=table.bin --confirm burn)
own=(--nvs-template nvs.csv --nvs-values devices.csv)
expect 0 "${given[@]}" "${own[@]}" --out rec
# the row tells the serial number for the certificate's names too
expect 0 provision --port 'sim:esp32c3?mac=7c:df:a1:5e:a1:04' --mode development --ca-cert ca.pem --ca-key ca.key \
    --subject '/CN={mac}/serialNumber={serial}' --firmware 0x8000=table.bin --confirm burn "${own[@]}" --out row
openssl x509 -in row/certificate.pem -noout -subject >subject
grep -q 'serialNumber = A-4' subject || fail "the certificate is for $(cat subject)"
expect 1 provision --port 'sim:esp32c3' --mode development --ca-cert ca.pem --ca-key ca.key --subject '/CN={serial}' \
    --confirm burn
says 'a column serial of --nvs-values'
# a list gives numbers out: the row without a MAC, then the next ones; a device keeps its own, and a dry run takes none
printf 'serial,mac,order\nSN-098,7c:df:a1:5e:a1:20,7\nSN-099,,8\n' >list.csv
listed() { # LAST BYTE OF THE MAC, OPTION...
    local mac=7c:df:a1:5e:a1:$1
    shift
    expect 0 provision --port "sim:esp32c3?mac=$mac" --mode development --ca-cert ca.pem --ca-key ca.key \
        --subject '/CN={serial}' --firmware 0x8000=table.bin --nvs-template serial.csv --serials list.csv --confirm burn --json "$@"
}
printf 'key,type,encoding,value\ndev,namespace,,\nserial,data,string,{serial}\n' >serial.csv
listed 21 --dry-run
grep -qx 'SN-099,,8' list.csv || fail 'a dry run takes a number'
for device in '21 SN-099' '22 SN-100' '21 SN-099' '23 SN-101' '20 SN-098'; do
    listed "${device% *}" --out "listed-${device#* }" --force
    [ "$(jq -r .serial out)" = "${device#* }" ] || fail "the device ${device% *} got $(jq -r .serial out)"
done
[ "$(cat list.csv)" = "$(printf '%s\n' serial,mac,order SN-098,7c:df:a1:5e:a1:20,7 SN-099,7c:df:a1:5e:a1:21,8 \
    SN-100,7c:df:a1:5e:a1:22, SN-101,7c:df:a1:5e:a1:23,)" ] || fail "the list is $(cat list.csv)"
openssl x509 -in listed-SN-101/certificate.pem -noout -subject >subject
grep -q 'CN = SN-101' subject || fail "the certificate is for $(cat subject)"
for ((i = 0; i < 4; i++)); do # four stations at once
    "$espseal" provision --port "sim:esp32c3?mac=7c:df:a1:5e:a1:3$i" --mode development --ca-cert ca.pem --ca-key ca.key \
        --subject '/CN={serial}' --serials list.csv --confirm burn --json >"station$i" 2>/dev/null </dev/null &
done
wait
[ "$(cat station? | jq -r .serial | sort | tr '\n' ' ')" = 'SN-102 SN-103 SN-104 SN-105 ' ] || fail "the stations got $(cat station? | jq -r .serial)"
for list in 'serial\n1\n' 'serial,mac\n' 'serial,mac\n99,7c:df:a1:5e:a1:20\n' 'serial,mac\nA,nobody\n' 'serial,mac\n,\n'; do
    printf %b "$list" >bad.csv
    expect 2 provision --port 'sim:esp32c3' --mode development --ca-cert ca.pem --ca-key ca.key --subject '/CN={serial}' \
        --serials bad.csv --confirm burn
    says bad.csv
    grep -q '^espseal: hint: ' err || fail "no hint for the list $list"
done
for file in label.txt label.png; do
    [ "$(stat -c %a rec/$file)" = 600 ] || fail "$file has mode $(stat -c %a rec/$file)"
done
cp rec/label.txt label.txt
pop=$(jq -r .pop label.txt)
[ "$(jq -r '.name + " " + .username' label.txt)" = 'PROV_5EA103 wifiprov' ] || fail "the label says $(cat label.txt)"
expect 0 nvs dump --port "$port" --csv
cp out first.csv
for line in mac,data,string,7cdfa15ea103 serial,data,string,SN-A-3 chip,data,string,esp32c3 colour,data,string,red; do
    grep -qx "$line" first.csv || fail "the device's NVS has no $line"
done
secret=$(sed -n 's/^secret,data,hex2bin,//p' first.csv)
[ ${#secret} = 32 ] || fail "the random value is \"$secret\""
[ "$(jq -c '.sealing.manufacturing | [.partition, .offset, .data, .items, .made_here]' rec/receipt.json)" = \
    '["nvs","0x9000","new",["dev:mac","dev:serial","dev:chip","dev:colour"],["dev:secret","prov:salt","prov:verifier"]]' ] ||
    fail "the receipt says $(jq -c .sealing.manufacturing rec/receipt.json)"
[ "$(jq -r .sealing.manufacturing.sha256 rec/receipt.json)" = \
    "$(tail -c +$((0x9001)) a.flash | head -c 16384 | sha256sum | cut -d' ' -f1)" ] || fail 'the digest is another one'
! grep -rqF -e "$secret" -e "$pop" rec/receipt.json || fail 'a value is in the receipt'

# a rerun is a no-op, also when the device has added entries of its own
cp a.flash a.was
expect 0 "${given[@]}" "${own[@]}" --out rec
says 'nothing to do'
cmp a.flash a.was || fail 'a rerun changes flash'
cmp rec/label.txt label.txt || fail 'a rerun makes another label'
[ "$(jq -r .sealing.manufacturing.data rec/receipt-2.json)" = found ] || fail 'what stands in flash is not found'
{
    cat first.csv
    printf 'wifi,namespace,,\nboots,data,u32,7\n'
} >grown.csv
expect 0 nvs build grown.csv --size 0x4000 --out grown.bin
expect 0 flash write --port "$port" 0x9000=grown.bin
cp a.flash a.was
expect 0 "${given[@]}" "${own[@]}" --out rec
says 'nothing to do'
cmp a.flash a.was || fail 'a rerun takes what the device added'
# another value is written, and told
sed -i s/red/green/ devices.csv
expect 0 "${given[@]}" "${own[@]}" --out rec
says 'the partition nvs holds other data than the manufacturing data (dev:colour differs): it is replaced'
expect 0 nvs dump --port "$port" --csv
grep -qx colour,data,string,green out || fail 'the new value is not in flash'
! grep -qF "$pop" rec/label.txt || fail 'the label is that of the data before'

# what is refused, costs no fuse and names its place
fresh='sim:esp32c3?efuse=b.efuse&flash=b.flash&mac=7c:df:a1:5e:a1:03'
expect 0 efuse summary --port "$fresh"
cp b.efuse b.was
given[2]=$fresh
# refused STATUS TEXT WORD...
refused() {
    local wanted=$1 text=$2
    shift 2
    expect "$wanted" "${given[@]}" "$@"
    says "$text"
    grep -q '^espseal: hint: ' err || fail "no hint: $*"
    cmp -s b.efuse b.was || fail "FUSES CHANGED: $*"
}
bad() {
    printf 'key,type,encoding,value\ndev,namespace,,\n%s\n' "$1" >bad.csv
}
sed 's/^7c:df:a1:5e:a1:03/7c:df:a1:5e:a1:33/' devices.csv >others.csv
refused 2 'others.csv has no row with the mac 7cdfa15ea103' --nvs-template nvs.csv --nvs-values others.csv --out rec2
refused 2 'this MAC in line 2 and the serial A-4 in line 3' "${own[@]}" --serial A-4 --out rec2
refused 1 'needs a place to be kept' "${own[@]}"
refused 2 'has no partition nowhere' "${own[@]}" --nvs-partition nowhere --out rec2
refused 2 'the partition phy is not one of type data, subtype nvs' "${own[@]}" --nvs-partition phy --out rec2
refused 2 'nowhere.csv' --nvs-template nvs.csv --nvs-values nowhere.csv --out rec2
bad 'a,data,string,{nope}'
refused 2 'bad.csv line 3: there is no word {nope}' --nvs-template bad.csv
bad 'a,data,string,{hmac:x}'
refused 2 'bad.csv line 3: nobody told what stands for {hmac}' --nvs-template bad.csv
bad 'a123456789012345,data,u8,1'
refused 2 'bad.csv line 3: ' --nvs-template bad.csv
bad 'a,data,blob_fill(30000;0x00),{mac}'
refused 2 'bad.csv line 3: ' --nvs-template bad.csv
[ ! -e rec2 ] || fail 'a refused run leaves a record'
refused 1 '--nvs-values is for manufacturing data' --nvs-values devices.csv

# a run that is cut before or after the data was written: the label is that of what the device has in the end
printf 'key,type,encoding,value\nprov,namespace,,\npop,data,string,{pop}\n' >pop.csv
for burn in 1 3; do
    port="sim:esp32c3?efuse=cut$burn.efuse&flash=cut$burn.flash&mac=7c:df:a1:5e:a1:03"
    given[2]="$port&fault=power:burn=$burn"
    expect 4 "${given[@]}" --nvs-template pop.csv --out "cut$burn"
    cp "cut$burn/label.txt" label.txt
    given[2]=$port
    expect 0 "${given[@]}" --nvs-template pop.csv --out "cut$burn"
    expect 0 nvs dump --port "$port" --csv
    grep -qx "pop,data,string,$(jq -r .pop "cut$burn/label.txt")" out || fail "cut at burn $burn: the label is another device's"
    [ "$burn" -lt 3 ] || cmp label.txt "cut$burn/label.txt" || fail 'what stood in flash already was made anew'
done

# encrypted with keys that the chip derives, in a partition of its own, by a profile
cat >profile.json <<'JSON'
{
  "chip": "esp32c3",
  "mode": "development",
  "firmware": [{"offset": "0x8000", "file": "table.bin"}],
  "nvs_encryption": {"scheme": "hmac"},
  "manufacturing": {
    "template": "nvs.csv",
    "values": "devices.csv",
    "partition": "0x12000"
  },
  "record": {"out": "records/{mac}"}
}
JSON
port='sim:esp32c3?efuse=h.efuse&flash=h.flash&mac=7c:df:a1:5e:a1:04'
sealed=(provision --profile profile.json --port "$port" --confirm burn)
expect 0 profile show profile.json
grep -q 'its own data in NVS, made of nvs.csv' out || fail 'profile show does not tell of it'
expect 2 "${sealed[@]}" --set manufacturing.partition=none
says 'has no partition none'
expect 0 "${sealed[@]}"
cp records/7cdfa15ea104/label.txt label.txt
expect 2 nvs dump --port "$port" --partition fctry
says 'encrypted'
cp h.flash h.was
expect 0 "${sealed[@]}"
says 'nothing to do'
cmp h.flash h.was || fail 'a rerun changes encrypted flash'
[ "$(jq -r .sealing.manufacturing.data records/7cdfa15ea104/receipt-2.json)" = found ] ||
    fail 'encrypted data is not recognised with the readable key'
# under a hidden key it is left alone; what is surely wrong is refused
expect 0 "${sealed[@]}" --set mode=production
cmp h.flash h.was || fail 'hiding the key changes flash'
expect 0 "${sealed[@]}" --set mode=production
says 'nothing to do'
says 'hidden'
cmp h.flash h.was || fail 'a rerun under a hidden key changes flash'
cmp records/7cdfa15ea104/label.txt label.txt || fail 'a rerun under a hidden key makes another label'
[ "$(jq -r '.sealing.manufacturing | .data, .sha256' records/7cdfa15ea104/receipt-4.json | tr '\n' ' ')" = 'hidden null ' ] ||
    fail 'the receipt says more than can be known'
expect 0 flash erase --port "$port" 0x12000 0x3000
expect 5 "${sealed[@]}" --set mode=production
says 'the partition fctry is erased'
sed -i '/chip/d' nvs.csv
expect 0 nvs build nvs.csv --size 0x3000 --mac 7cdfa15ea104 --serial A-4 --label l.txt --out plain.bin
expect 0 flash write --port "$port" 0x12000=plain.bin
expect 5 "${sealed[@]}" --set mode=production
says 'the partition fctry is not encrypted'

# encrypted with the keys of a partition, which flash encryption hides
port='sim:esp32c3?efuse=k.efuse&flash=k.flash&mac=7c:df:a1:5e:a1:04'
sealed=(provision --profile profile.json --port "$port" --confirm burn --allow BOOT-CHECK --set nvs_encryption.scheme=flash
    --set flash_encryption.mode=development --set 'record.out=keys/{mac}' --set manufacturing.partition=nvs)
expect 0 "${sealed[@]}"
expect 2 nvs dump --port "$port"
says 'encrypted'
cp k.flash k.was
expect 0 "${sealed[@]}"
says 'nothing to do'
cmp k.flash k.was || fail 'a rerun changes flash under flash encryption'
[ "$(jq -r .sealing.manufacturing.data keys/7cdfa15ea104/receipt-2.json)" = found ] ||
    fail 'data under keys of a partition is not recognised'
