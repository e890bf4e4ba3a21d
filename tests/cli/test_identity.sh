#!/bin/bash
# identity: keys, requests and certificates as people make them, checked with openssl; wrong inputs are refused
# with the documented exit status, one line that names the thing, and leave nothing behind.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
cd "$work"
umask 022
command -v openssl >/dev/null || fail "openssl is missing"

# made WORD...: succeeds and prints nothing on stdout
made() {
    "$espseal" "$@" >out 2>err </dev/null || fail "espseal $* exits $?"
    [ ! -s out ] || fail "espseal $* prints on stdout"
}
# refused STATUS MESSAGE WORD...
refused() {
    local wanted=$1 message=$2 status=0
    shift 2
    setsid "$espseal" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || fail "espseal $* exits $status, not $wanted"
    [ ! -s out ] || fail "espseal $* prints on stdout"
    [ "$(grep -c '^espseal: error: ' err)" -eq 1 ] || fail "espseal $* has not one error line"
    grep -qF -- "$message" err || fail "espseal $* does not say \"$message\""
    ! grep -qE 'PRIVATE KEY|open sesame' err || fail "espseal $* echoes a secret"
}

# --- key ---
for type in rsa:2048 rsa:3072 ec:p256 ec:p384; do
    made identity key --type "$type" --out "$type.key"
    mode "$type.key" 600
    openssl pkey -in "$type.key" -check -noout >/dev/null || fail "openssl rejects the $type key"
    fingerprint=$(openssl pkey -in "$type.key" -pubout -outform DER | sha256sum | cut -d' ' -f1)
    grep -qF "$fingerprint" err || fail "the fingerprint of $type is not printed"
done
grep -q 'EC P-384 private key' err || fail "what was made is not said"
before=$(sha256sum ec:p256.key)
refused 2 'ec:p256.key exists already' identity key --type ec:p256 --out ec:p256.key
[ "$before" = "$(sha256sum ec:p256.key)" ] || fail "a key was overwritten"
made identity key --type ec:p256 --out ec:p256.key --force
[ "$before" != "$(sha256sum ec:p256.key)" ] || fail "--force did not overwrite"
mode ec:p256.key 600
chmod 644 ec:p256.key
made identity key --type ec:p256 --out ec:p256.key --force
mode ec:p256.key 600
"$espseal" identity key --type ec:p256 --out - 2>err | openssl pkey -noout || fail "--out - gives no key"
[ "$("$espseal" identity key --type ec:p384 --out j.key --json | jq -r '"\(.file) \(.key) \(.encrypted)"')" = \
    "j.key EC P-384 false" ] || fail "--json is wrong"
refused 1 'rsa:1024' identity key --type rsa:1024 --out no.key
refused 1 '--out' identity key --type rsa:2048
refused 2 'no-such-folder' identity key --type ec:p256 --out no-such-folder/x.key
[ ! -e no.key ] || fail "a refused command left a file"

# --- passphrases ---
(umask 077 && echo 'open sesame' >pass && echo 'open barley' >wrong && : >empty)
made identity key --type rsa:2048 --passphrase-file pass --out locked.key
mode locked.key 600
grep -q 'BEGIN ENCRYPTED PRIVATE KEY' locked.key || fail "the key is not encrypted"
openssl pkey -in locked.key -passin file:pass -noout || fail "openssl cannot open the encrypted key"
made identity csr --key locked.key --passphrase-file pass --subject /CN=locked --out locked.csr
refused 2 'the passphrase does not open locked.key' \
    identity csr --key locked.key --passphrase-file wrong --subject /CN=x --out no.csr
refused 2 'locked.key is encrypted' identity csr --key locked.key --subject /CN=x --out no.csr
refused 2 'is empty' identity key --type ec:p256 --passphrase-file empty --out no.key
refused 2 'no-such-file' identity key --type ec:p256 --passphrase-file no-such-file --out no.key
refused 2 'no terminal' identity key --type ec:p256 --encrypt --out no.key
refused 1 '--encrypt' identity key --type ec:p256 --encrypt --passphrase-file pass --out no.key
chmod 644 pass
refused 2 'pass' identity csr --key locked.key --passphrase-file pass --subject /CN=x --out no.csr
chmod 600 pass
openssl genrsa -traditional -aes128 -passout file:pass -out traditional.key 2048 2>/dev/null
made identity csr --key traditional.key --passphrase-file pass --subject /CN=t --out traditional.csr
refused 2 'the passphrase does not open traditional.key' \
    identity csr --key traditional.key --passphrase-file wrong --subject /CN=x --out no.csr
openssl pkcs8 -topk8 -in traditional.key -passin file:pass -passout 'pass:open sesame' -outform DER -out locked.der
chmod 600 locked.der
made identity csr --key locked.der --passphrase-file pass --subject /CN=der --out der.csr

# --- csr ---
made identity csr --key rsa:2048.key --subject '/CN=device\/1/O=Example' --san DNS:d.example.com \
    --san IP:2001:db8::1 --san URI:urn:dev:1 --out device.csr
mode device.csr 644
openssl req -in device.csr -verify -noout 2>/dev/null || fail "openssl does not verify the request"
[ "$(openssl req -in device.csr -noout -subject -nameopt RFC2253)" = "subject=O=Example,CN=device/1" ] ||
    fail "the subject is not as asked"
openssl req -in device.csr -noout -text |
    grep -q 'DNS:d.example.com, IP Address:2001:DB8:0:0:0:0:0:1, URI:urn:dev:1' || fail "the SAN is not as asked"
refused 2 'device.csr exists already' identity csr --key rsa:2048.key --subject /CN=x --out device.csr
refused 1 'begin with a slash' identity csr --key rsa:2048.key --subject CN=x --out no.csr
refused 1 'XYZ' identity csr --key rsa:2048.key --subject /XYZ=x --out no.csr
refused 1 'd.example.com' identity csr --key rsa:2048.key --subject /CN=x --san d.example.com --out no.csr
refused 2 'device.csr is a certificate request, not a private key' \
    identity csr --key device.csr --subject /CN=x --out no.csr
refused 2 'no.key' identity csr --key no.key --subject /CN=x --out no.csr
cp ec:p256.key open.key
chmod 640 open.key
refused 2 'open.key holds a secret and can be read by others (mode 0640)' \
    identity csr --key open.key --subject /CN=x --out no.csr
grep -q '^espseal: hint: chmod 600 open.key' err || fail "no hint about the mode"
made identity csr --key open.key --insecure-permissions --subject /CN=x --out open.csr
head -c 100 rsa:2048.key >cut.key
chmod 600 cut.key
refused 2 'cut.key' identity csr --key cut.key --subject /CN=x --out no.csr

# --- ca and cert ---
made identity ca --subject '/CN=Example CA' --days 400 --out-cert ca.crt --out-key ca.key
mode ca.key 600
mode ca.crt 644
made identity cert --csr device.csr --ca-cert ca.crt --ca-key ca.key --days 30 --out device.crt
openssl verify -x509_strict -purpose sslclient -CAfile ca.crt device.crt >/dev/null || fail "openssl rejects it"
extensions=$(openssl x509 -in device.crt -noout \
    -ext basicConstraints,keyUsage,extendedKeyUsage,subjectAltName,subjectKeyIdentifier,authorityKeyIdentifier)
for text in 'Basic Constraints: critical' 'CA:FALSE' 'Key Usage: critical' 'Digital Signature' \
    'TLS Web Client Authentication' 'DNS:d.example.com' 'Subject Key Identifier' 'Authority Key Identifier'; do
    grep -qF "$text" <<<"$extensions" || fail "the certificate lacks \"$text\""
done
openssl x509 -in device.crt -noout -checkend $((29 * 86400)) >/dev/null || fail "it ends too early"
! openssl x509 -in device.crt -noout -checkend $((31 * 86400)) >/dev/null || fail "it ends too late"
[ "$(openssl x509 -in device.crt -noout -serial | tr -d '\n' | wc -c)" -ge $((7 + 28)) ] ||
    fail "the serial number is short"
openssl req -in device.csr -outform DER -out device.csr.der
openssl x509 -in ca.crt -outform DER -out ca.der
openssl pkey -in ca.key -outform DER -out ca.key.der
chmod 600 ca.key.der
[ "$("$espseal" identity cert --csr device.csr.der --ca-cert ca.der --ca-key ca.key.der --days 500 --out der.crt \
    --json 2>err | jq -r '"\(.subject) \(.issuer) \(.key)"')" = "O=Example,CN=device/1 CN=Example CA RSA-2048" ] ||
    fail "DER inputs or --json"
grep -q '^espseal: warning: the CA certificate ends on ' err || fail "no warning about the CA's end"

# --- extended key usages: by name, by OID, none; a request only asks, the CA decides ---
usages() { # FILE: as openssl names them, on one line
    case $1 in
        *.csr) openssl req -in "$1" -noout -text ;;
        *) openssl x509 -in "$1" -noout -text ;;
    esac | sed -n '/Extended Key Usage/{n;s/^ *//;p}'
}
made identity csr --key rsa:2048.key --subject /CN=eku --eku serverAuth --eku 1.3.6.1.5.5.7.3.17 --out eku.csr
[ "$(usages eku.csr)" = 'TLS Web Server Authentication, ipsec Internet Key Exchange' ] || fail "asked for: $(usages eku.csr)"
made identity csr --key rsa:2048.key --subject /CN=eku --san DNS:d.example --eku clientAuth --out eku-san.csr
openssl req -in eku-san.csr -noout -text | grep -c 'Requested Extensions' | grep -qx 1 || fail 'two lists of extensions'
openssl req -in eku-san.csr -noout -verify 2>/dev/null || fail 'openssl does not verify it'
ca_signs=(identity cert --ca-cert ca.crt --ca-key ca.key --days 30)
made "${ca_signs[@]}" --csr eku.csr --out eku-default.crt
[ "$(usages eku-default.crt)" = 'TLS Web Client Authentication' ] || fail "default: $(usages eku-default.crt)"
made "${ca_signs[@]}" --csr eku.csr --eku clientAuth --eku 1.3.6.1.4.1.99999.1 --out eku-two.crt
[ "$(usages eku-two.crt)" = 'TLS Web Client Authentication, 1.3.6.1.4.1.99999.1' ] || fail "two: $(usages eku-two.crt)"
made "${ca_signs[@]}" --csr eku.csr --eku none --out eku-none.crt
[ -z "$(usages eku-none.crt)" ] || fail "none: $(usages eku-none.crt)"
made identity ca --subject '/CN=Bound CA' --eku clientAuth --out-cert eku-ca.crt --out-key eku-ca.key
[ "$(usages eku-ca.crt)" = 'TLS Web Client Authentication' ] || fail "CA: $(usages eku-ca.crt)"
refused 1 '"commonName" is not an extended key usage' "${ca_signs[@]}" --csr eku.csr --eku commonName --out no.crt
refused 1 '"1.3.6.1.5.5.7.3.2" is given twice' "${ca_signs[@]}" --csr eku.csr --eku clientAuth \
    --eku 1.3.6.1.5.5.7.3.2 --out no.crt
refused 1 '"none" is not' "${ca_signs[@]}" --csr eku.csr --eku clientAuth --eku none --out no.crt
refused 1 'not an extended key usage' identity ca --subject /CN=x --eku x --out-cert no.crt --out-key no.key

# --- Matter: vendor and product ids as attributes of the subject, without extended key usage ---
made identity csr --key ec:p256.key --subject /CN=DAC/matterVendorId=FFF1/matterProductId=8000 --out matter.csr
made "${ca_signs[@]}" --csr matter.csr --eku none --out matter.crt
openssl x509 -in matter.crt -noout -subject -nameopt RFC2253,utf8,-esc_msb |
    grep -q '1.3.6.1.4.1.37244.2.2=.*1.3.6.1.4.1.37244.2.1=.*CN=DAC' || fail 'the Matter ids are not in the subject'
openssl asn1parse -in matter.crt | grep -A 1 37244.2.1 | grep -q 'UTF8STRING *:FFF1' || fail 'the vendor id is no UTF8String'
refused 1 'four digits' identity csr --key ec:p256.key --subject /CN=DAC/matterVendorId=fff1 --out no.csr

sign() {
    refused "$1" "$2" identity cert --csr "${3:-device.csr}" --ca-cert "${4:-ca.crt}" --ca-key "${5:-ca.key}" \
        --days "${6:-30}" --out no.crt
}
sign 2 'is for another key' device.csr ca.crt ec:p256.key
sign 2 'is not that of a CA' device.csr device.crt rsa:2048.key
sign 2 'ca.crt is a certificate, not a certificate request' ca.crt
sign 2 'device.csr is a certificate request, not a certificate' device.csr device.csr
sign 2 'ca.crt is a certificate, not a private key' device.csr ca.crt ca.crt
sign 2 'no.csr' no.csr
sign 1 '--days' device.csr ca.crt ca.key 0
sign 1 '--days' device.csr ca.crt ca.key 36501
sign 1 '--days' device.csr ca.crt ca.key -1
openssl req -new -x509 -key ca.key -subj '/CN=Old CA' -days 1 -out old.crt -set_serial 1 2>/dev/null
sed 's/Example/Exemple/' device.csr.der >altered.csr
sign 2 'altered.csr was altered' altered.csr
refused 1 'name the same file' identity ca --subject /CN=x --out-cert x --out-key x
refused 1 'unknown part' identity ca --subject /CM=x --out-cert no.crt --out-key no.key
refused 2 'ca.crt exists already' identity ca --subject /CN=x --out-cert ca.crt --out-key no.key
refused 2 'ca.key exists already' identity ca --subject /CN=x --out-cert no.crt --out-key ca.key

# A CA that openssl made signs as well.
made identity cert --csr device.csr --ca-cert old.crt --ca-key ca.key --days 1 --out old-device.crt
openssl verify -CAfile old.crt old-device.crt >/dev/null || fail "openssl rejects what its own CA signed"

if compgen -G 'no.*' >/dev/null; then
    fail "refused commands left $(echo no.*)"
fi

# A disk that is full gives an error and no file. A limit on file sizes is a full disk for everybody.
: >err
said=$( (trap '' XFSZ && ulimit -f 0 && exec "$espseal" identity key --type ec:p256 --out full.key) 2>&1) &&
    fail "a full disk goes unnoticed"
[[ "$said" == 'espseal: error: cannot write full.key'* ]] || fail "a full disk gives: $said"
[ ! -e full.key ] || fail "a full disk leaves a file"
if compgen -G '.espseal.*' >/dev/null; then
    fail "temporary files were left"
fi
