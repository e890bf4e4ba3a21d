#!/bin/bash
# bundle build, show, verify: certificates gathered, filtered and sorted; chains as a device would see them.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
umask 022
cd "$work"
touch out err

# ca NAME SUBJECT KEY_OPTION...: a root in NAME.pem with NAME.key
ca() {
    openssl req -x509 -newkey "${@:3}" -nodes -keyout "$1.key" -out "$1.pem" -subj "$2" -days 30 2>/dev/null
}
# issue NAME ISSUER CA?: a certificate in NAME.pem
issue() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$1" 2>/dev/null |
        openssl x509 -req -CA "$2.pem" -CAkey "$2.key" -set_serial 7 -days 20 -out "$1.pem" \
            -extfile <(printf 'basicConstraints=CA:%s' "$3") 2>/dev/null
}
ca zeta "/C=DE/O=Zeta/CN=Zeta Root" ec -pkeyopt ec_paramgen_curve:P-384
ca alpha "/CN=Alpha Root" rsa:2048
ca other "/CN=Other Root" ec -pkeyopt ec_paramgen_curve:P-256
openssl x509 -in alpha.pem -outform DER -out alpha.der
issue between zeta TRUE
issue server between FALSE
cat server.pem between.pem >chain.pem

# PEM, DER and duplicates; sorted whatever the order; both forms
expect 0 bundle build zeta.pem alpha.der alpha.pem --out a.bin
says "2 certificates"
says "twice left out"
expect 0 bundle build alpha.pem zeta.pem --out b.bin
cmp a.bin b.bin || fail "the order of the files matters"
expect 0 bundle build alpha.pem zeta.pem --form sequential --out c.bin
[ "$(head -c 2 c.bin | od -An -tx1 | tr -d ' ')" = 0002 ] || fail "c.bin begins with another number"
[ "$(($(stat -c %s a.bin) - $(stat -c %s c.bin)))" = 6 ] || fail "the forms differ by other than their heads"
for form in a:offsets c:sequential; do
    expect 0 bundle show ${form%:*}.bin --json
    [ "$(jq -r '.form, .certificates[].key, .certificates[].subject' out | tr '\n' ';')" = \
        "${form#*:};RSA-2048;EC P-384;CN=Alpha Root;CN=Zeta Root,O=Zeta,C=DE;" ] || fail "show ${form%:*}.bin"
done
# what stands in a bundle is what openssl says of the certificate
openssl x509 -in zeta.pem -noout -pubkey | openssl pkey -pubin -outform DER -out zeta.spki
[ "$(tail -c "$(stat -c %s zeta.spki)" a.bin | od -An -v -tx1)" = "$(od -An -v -tx1 zeta.spki)" ] ||
    fail "the last key is not Zeta's"

# chains
expect 0 bundle verify a.bin --chain chain.pem
grep -q "Zeta Root" out || fail "it does not say by whom"
expect 0 bundle verify c.bin --chain chain.pem --json
[ "$(jq -r .trusted out)" = true ] || fail "not trusted"
expect 2 bundle verify a.bin --chain server.pem
says 'issued by "CN=between"'
expect 0 bundle build other.pem --out other.bin
expect 2 bundle verify other.bin --chain chain.pem
says 'issued by "CN=Zeta Root,O=Zeta,C=DE"'
cat server.pem alpha.pem >wrong.pem
expect 2 bundle verify a.bin --chain wrong.pem
says "was not signed by the next one"
# a root of the same name, but with another key
ca forged "/C=DE/O=Zeta/CN=Zeta Root" ec -pkeyopt ec_paramgen_curve:P-384
expect 0 bundle build forged.pem --out forged.bin
expect 2 bundle verify forged.bin --chain chain.pem
expect 0 bundle build forged.pem zeta.pem --out both.bin
says "two keys are called CN=Zeta Root"

# the filter: labels as in Mozilla's list, else common names
{
    printf 'A label\n=======\n'
    cat alpha.pem
    cat zeta.pem other.pem
} >list.pem
printf 'Owner,Common Name\nA,A label\nO,Other Root\nN,Nobody\n' >filter.csv
expect 0 bundle build list.pem --filter filter.csv --out d.bin
says 'filter.csv line 4: no certificate is called "Nobody"'
expect 0 bundle show d.bin --json
[ "$(jq -r '.certificates[].subject' out | tr '\n' ';')" = "CN=Alpha Root;CN=Other Root;" ] || fail "the filter"

# the system's store, where there is one
store=$(openssl version -d | sed 's/.*"\(.*\)"/\1/')/cert.pem
if [ -s "$store" ]; then
    expect 0 bundle build --system --out system.bin
    expect 0 bundle show system.bin --json
    [ "$(jq '.certificates | length' out)" -gt 10 ] || fail "few certificates in the system's store"
else
    expect 2 bundle build --system --out system.bin
fi

# what is refused
expect 1 bundle build --out no.bin
{
    cat alpha.pem
    printf 'A broken one\n=====\n'
    sed '5s/^..../AAAA/' zeta.pem | head -n 8
    echo '-----END CERTIFICATE-----'
} >broken.pem
expect 2 bundle build broken.pem --out no.bin
says "certificate 2, A broken one"
expect 2 bundle build alpha.key --out no.bin
says "holds no certificate"
printf 'x\n' >bad.csv
expect 2 bundle build list.pem --filter bad.csv --out no.bin
head -c 300 a.bin >short.bin
expect 2 bundle show short.bin
says "short.bin: entry 0 at 0x8 is cut short"
expect 2 bundle show alpha.pem
expect 2 bundle verify a.bin --chain zeta.key
expect 2 bundle build alpha.pem --out a.bin
says "exists already"
[ ! -e no.bin ] || fail "a refused command left a file"
echo "bundle: two forms, filter, chains, thirteen refusals"
