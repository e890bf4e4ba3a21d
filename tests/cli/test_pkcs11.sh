#!/bin/bash
# Keys in hardware: a CA key in a PKCS#11 token (SoftHSM 2) and, where it runs, in a TPM 2.0 (swtpm). Signatures are
# checked with openssl; wrong PINs are tried once; a key that stays in its token is refused where its numbers are needed.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
tpm=
cleanup() {
    [ -z "$tpm" ] || kill "$tpm" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
cd "$work"
umask 077
find_library() { # NAME: its path, of a few places where distributions put it
    find /usr/lib /usr/lib64 /usr/local/lib /opt -name "$1" 2>/dev/null | sort | head -n 1 || true
}
module=$(find_library libsofthsm2.so)
engine=$(find_library pkcs11.so)
for thing in softhsm2-util pkcs11-tool; do
    command -v $thing >/dev/null || {
        echo "SKIP: $thing is not installed (tests/packages.txt names its package): no token was tested"
        exit 77
    }
done
if [ -z "$module" ] || [ -z "$engine" ]; then
    echo "SKIP: SoftHSM 2 or OpenSSL's pkcs11 engine is not installed: no token was tested"
    exit 77
fi

# Engines and providers of others keep memory that they never free, and are unloaded before LeakSanitizer looks.
# Leaks of espseal itself are looked for in all tests but this one.
export ASAN_OPTIONS=detect_leaks=0

mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$work" >softhsm.conf
export SOFTHSM2_CONF=$work/softhsm.conf
softhsm2-util --init-token --free --label test-ca --pin kolibri-4711 --so-pin 12345678 >/dev/null
softhsm2-util --init-token --free --label other --pin 0815 --so-pin 12345678 >/dev/null
generate() { # TYPE ID LABEL
    pkcs11-tool --module "$module" --token-label test-ca --login --pin kolibri-4711 --keypairgen --key-type "$1" --id "$2" \
        --label "$3" >/dev/null 2>&1 || fail "pkcs11-tool cannot make the $1 key"
}
generate EC:prime256v1 01 ec
generate EC:secp384r1 02 ec384
generate rsa:2048 03 rsa
echo kolibri-4711 >pin
echo 4712 >wrong
uri() { # LABEL [TOKEN]
    echo "pkcs11:token=${2:-test-ca};object=$1;type=private?module-path=$module"
}

# --- requests and certificates signed inside the token ---
for key in ec ec384 rsa; do
    "$espseal" identity csr --key "$(uri $key)" --pin-file pin --subject "/CN=Token $key" --out $key.csr 2>err ||
        fail "csr with $key exits $?"
    openssl req -in $key.csr -noout -verify 2>/dev/null || fail "the request of $key does not verify"
    "$espseal" identity csr --key "$(uri $key)&pin-source=file:$work/pin" --subject "/CN=x" --out - >x.csr 2>err ||
        fail "pin-source exits $?"
done
grep -q RSA-2048 err || fail "the kind of key is not said"
# the token makes its own CA certificate, and that CA signs a device
"$espseal" identity key --type rsa:2048 --out device.key 2>err
"$espseal" identity csr --key device.key --subject /CN=device --san DNS:device.example --out device.csr 2>err
for key in ec rsa; do
    "$espseal" identity ca --key "$(uri $key)" --pin-file pin --subject "/CN=CA $key" --out-cert $key.pem 2>err ||
        fail "a CA of $key exits $?"
    "$espseal" identity cert --csr device.csr --ca-cert $key.pem --ca-key "$(uri $key)" --pin-file pin --out $key.crt \
        2>err || fail "cert with $key exits $?"
    openssl verify -CAfile $key.pem $key.crt >/dev/null || fail "the certificate of $key does not verify"
done

# --- the main job with the CA in a token; the PIN is nowhere afterwards ---
"$espseal" provision --port 'sim:esp32c3?efuse=efuse.bin&flash=flash.bin' --mode production --subject '/CN={mac}' \
    --ca-cert ec.pem --ca-key "$(uri ec)" --pin-file pin --out record --confirm burn >out 2>err ||
    fail "provision with a CA in a token exits $?"
openssl verify -CAfile ec.pem record/certificate.pem >/dev/null || fail 'the device certificate does not verify'
if grep -rq kolibri-4711 record out err; then
    fail 'the PIN is in the record'
fi

# --- keys that were wrapped for a token's key come out with it, and with no other ---
openssl req -x509 -newkey rsa:2048 -nodes -keyout issuer.key -out issuer.pem -subj /CN=issuer 2>err || fail 'an issuer'
openssl req -new -key issuer.key -subj /CN=service -out issuer.csr 2>err || fail 'a request'
for key in ec ec384 rsa; do
    openssl req -in $key.csr -noout -pubkey >$key.pub
    openssl x509 -req -in issuer.csr -force_pubkey $key.pub -CA issuer.pem -CAkey issuer.key -CAcreateserial \
        -out $key.service 2>err || fail "a certificate for the token's $key"
    "$espseal" flash-encryption keygen --chip esp32c3 --out $key.flash --escrow-to $key.service --escrow-out $key.cms \
        2>err || fail "wrapping for $key exits $?"
    "$espseal" unlock $key.cms --key "$(uri $key)" --pin-file pin --out $key.back 2>err || fail "unlock with $key exits $?"
    cmp $key.back $key.flash || fail "$key: another key comes back"
done
status=0
"$espseal" unlock ec.cms --key "$(uri rsa)" --pin-file pin --out none.back 2>err || status=$?
[ $status = 2 ] || fail "unlock with another key exits $status"
[ ! -e none.back ] || fail 'another key gets something'

# --- partitions signed inside the token: a new one, and one that exists ---
pkcs11-tool --module "$module" --token-label test-ca --login --pin kolibri-4711 --read-object --type pubkey --label ec \
    --output-file ec.pub.der >/dev/null 2>&1 || fail 'pkcs11-tool gives no public key'
openssl pkey -pubin -inform DER -in ec.pub.der -out ec.pub
"$espseal" secure-cert build --device-cert ec.crt --out plain.bin 2>err || fail "build exits $?"
"$espseal" secure-cert build --device-cert ec.crt --sign-key "$(uri ec)" --pin-file pin --out built.bin 2>err ||
    fail "build with a signing key in a token exits $?"
"$espseal" secure-cert sign plain.bin --key "$(uri ec)" --pin-file pin --out signed.bin 2>err ||
    fail "sign with a key in a token exits $?"
for signed in built signed; do
    "$espseal" secure-cert verify $signed.bin --public-key ec.pub >out 2>err || fail "$signed.bin: verify exits $?"
done

# --- refusals: one line, exit 2 (1 for the command line), and no file ---
refused() { # STATUS TEXT WORD...
    local want=$1 text=$2 status=0
    shift 2
    setsid "$espseal" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "espseal $* exits $status, not $want"
    [ "$(grep -c '^espseal: error: ' err)" -eq 1 ] || fail "espseal $* has not one error line"
    grep -q "^espseal: error: .*$text" err || fail "espseal $* does not say \"$text\""
    ! grep -vq '^espseal: ' err || fail "espseal $*: something else talks on stderr"
    [ ! -e no.csr ] || fail "espseal $* left a file"
}
csr=(identity csr --subject /CN=x --out no.csr)
refused 2 'refuses the PIN' "${csr[@]}" --key "$(uri ec)" --pin-file wrong
refused 2 'refuses the PIN' secure-cert sign plain.bin --key "$(uri ec)" --pin-file wrong --out no.csr
refused 2 'refuses the PIN' secure-cert build --device-cert ec.crt --sign-key "$(uri ec)" --pin-file wrong --out no.csr
refused 2 'wants a PIN' "${csr[@]}" --key "$(uri ec)"
refused 2 'no private key' "${csr[@]}" --key "$(uri nothing)" --pin-file pin
refused 2 'no private key' "${csr[@]}" --key "$(uri ec absent)" --pin-file pin
refused 2 'nowhere.so' "${csr[@]}" --key "pkcs11:token=test-ca;object=ec?module-path=/nowhere.so" --pin-file pin
refused 1 'which token' "${csr[@]}" --key "pkcs11:object=ec?module-path=$module" --pin-file pin
refused 1 'seen by everybody' "${csr[@]}" --key "$(uri ec)&pin-value=kolibri-4711"
! grep -q kolibri-4711 err || fail 'a refused PIN is echoed'
refused 2 'another key' identity cert --csr device.csr --ca-cert rsa.pem --ca-key "$(uri ec)" --pin-file pin --out no.csr
chmod 644 pin
refused 2 'pin.*can be read by others' "${csr[@]}" --key "$(uri ec)&pin-source=$work/pin"
chmod 600 pin
refused 2 'neither a provider nor an engine' "${csr[@]}" --key 'nonsense:key' --pin-file pin
cp efuse.bin before.bin
status=0
"$espseal" provision --port 'sim:esp32c3?efuse=efuse2.bin' --mode development --ca-cert rsa.pem --device-cert rsa.crt \
    --private-key "$(uri rsa)" --pin-file pin --confirm burn >out 2>err || status=$?
[ "$status" -eq 2 ] || fail "a device key in a token exits $status"

# --- a chip's image: a key in the token signs, a wrong PIN does not ---
head -c 4096 /dev/zero >app.bin
refused 2 'refuses the PIN' secure-boot sign app.bin --key "$(uri ec)" --pin-file wrong --out no.csr
"$espseal" secure-boot sign app.bin --key "$(uri ec)" --pin-file pin --out app.signed 2>err || fail "secure-boot sign exits $?"

# --- asked for at a terminal: once, without an echo, and a wrong PIN ends it ---
command -v script >/dev/null || fail 'script(1) is missing'
answers() { # PIN-FILE: what a person types when asked, and what that person would go on typing
    for _ in $(seq 100); do
        ! grep -q 'PIN of' out || break
        sleep 0.1
    done
    sleep 0.2
    cat "$1" || true
    sleep 0.5
    cat pin pin || true # nobody may listen any more
}
asked() { # STATUS PIN-FILE WORD...
    local want=$1 answer=$2 status=0
    shift 2
    : >out
    answers "$answer" | script -qec "$(printf '%q ' "$espseal" "$@")" /dev/null >out 2>err || status=$?
    [ "$status" -eq "$want" ] || {
        cat out
        fail "espseal $* exits $status at a terminal, not $want"
    }
    [ "$(grep -o 'PIN of pkcs11' out | wc -l)" -eq 1 ] || {
        cat out
        fail "espseal $*: not one question for the PIN"
    }
}
asked 0 pin identity csr --subject /CN=x --out asked.csr --key "$(uri ec)"
asked 2 wrong "${csr[@]}" --key "$(uri ec)"
grep -q 'refuses the PIN' out || fail 'a wrong PIN at a terminal is not said'
asked 2 wrong secure-boot sign app.bin --key "$(uri ec)" --out no.csr
asked 2 wrong secure-cert sign plain.bin --key "$(uri ec)" --out no.csr
[ ! -e no.csr ] || fail 'a wrong PIN at a terminal leaves a file'

# --- a wrong PIN reaches the token once: counted between program and token ---
spy=$(find_library pkcs11-spy.so)
if [ -n "$spy" ]; then
    status=0
    PKCS11SPY=$module PKCS11SPY_OUTPUT=$work/spy.log setsid "$espseal" "${csr[@]}" \
        --key "pkcs11:token=test-ca;object=ec;type=private?module-path=$spy" --pin-file wrong >out 2>err </dev/null || status=$?
    [ "$status" -eq 2 ] || fail "a wrong PIN through the spy exits $status"
    logins=$(grep -c 'C_Login$' spy.log || true)
    [ "$logins" -eq 1 ] || fail "the wrong PIN was tried $logins times"
    rm spy.log
    status=0
    PKCS11SPY=$module PKCS11SPY_OUTPUT=$work/spy.log setsid "$espseal" secure-cert sign plain.bin --out no.csr --pin-file wrong \
        --key "pkcs11:token=test-ca;object=ec;type=private?module-path=$spy" >out 2>err </dev/null || status=$?
    [ "$status" -eq 2 ] || fail "signing with a wrong PIN through the spy exits $status"
    logins=$(grep -c 'C_Login$' spy.log || true)
    [ "$logins" -eq 1 ] || fail "signing tried the wrong PIN $logins times"
else
    echo "NOTE: pkcs11-spy.so is not installed: how often a wrong PIN is tried was not counted"
fi

# --- TPM 2.0 ---
provider=$(find_library tpm2.so)
if ! command -v swtpm >/dev/null || ! command -v tpm2_createprimary >/dev/null || [ -z "$provider" ]; then
    echo "NOTE: swtpm, tpm2-tools or tpm2-openssl is not installed: no TPM was tested"
    exit 0
fi
mkdir tpm
port=$((20000 + $$ % 20000))
swtpm socket --tpm2 --tpmstate dir=tpm --server "type=tcp,port=$port,bindaddr=127.0.0.1" \
    --ctrl "type=tcp,port=$((port + 1)),bindaddr=127.0.0.1" --flags not-need-init,startup-clear >tpm.log 2>&1 &
tpm=$!
export TSS2_LOG=all+NONE
export TPM2TOOLS_TCTI="swtpm:host=127.0.0.1,port=$port" TPM2OPENSSL_TCTI="swtpm:host=127.0.0.1,port=$port"
ready=
for _ in $(seq 50); do
    if tpm2_getrandom 4 >/dev/null 2>tpm.err; then
        ready=1
        break
    fi
    sleep 0.1
done
[ -n "$ready" ] || {
    echo "NOTE: swtpm does not answer here ($(head -n 1 tpm.err)): no TPM was tested"
    exit 0
}
{
    tpm2_createprimary -C o -g sha256 -G ecc -c primary.ctx
    tpm2_flushcontext -t # without a resource manager the few slots for objects fill up
    tpm2_create -C primary.ctx -G ecc256:ecdsa-sha256 -u key.pub -r key.priv -c key.ctx \
        -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'
    tpm2_flushcontext -t
    tpm2_evictcontrol -C o -c key.ctx 0x81000001
} >tpm.log 2>&1 || fail "tpm2-tools cannot make a key: $(cat tpm.log)"
"$espseal" identity ca --key handle:0x81000001 --subject '/CN=TPM CA' --out-cert tpm.pem 2>err ||
    fail "a CA in the TPM exits $?"
"$espseal" identity cert --csr device.csr --ca-cert tpm.pem --ca-key handle:0x81000001 --out tpm.crt 2>err ||
    fail "cert with a TPM exits $?"
openssl verify -CAfile tpm.pem tpm.crt >/dev/null || fail 'the certificate of the TPM does not verify'
refused 2 'no private key' "${csr[@]}" --key handle:0x81000077
"$espseal" secure-cert sign plain.bin --key handle:0x81000001 --out signed.bin --force 2>err || fail "sign with a TPM exits $?"
openssl x509 -in tpm.pem -noout -pubkey >tpm.pub
"$espseal" secure-cert verify signed.bin --public-key tpm.pub >out 2>err || fail "what the TPM signed: verify exits $?"

# a key with a password: taken from the file, and a wrong one is tried once
{
    tpm2_create -C primary.ctx -G ecc256:ecdsa-sha256 -p kolibri-4711 -u pin.pub -r pin.priv -c pin.ctx \
        -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'
    tpm2_flushcontext -t
    tpm2_evictcontrol -C o -c pin.ctx 0x81000002
} >tpm.log 2>&1 || fail "tpm2-tools cannot make a key with a password: $(cat tpm.log)"
counter() { # how often a wrong authorisation was tried
    tpm2_getcap properties-variable | sed -n 's/^TPM2_PT_LOCKOUT_COUNTER: *//p'
}
"$espseal" identity csr --subject /CN=x --out tpm.csr --key 'handle:0x81000002?pass' --pin-file pin 2>err ||
    fail "a TPM's key with a password exits $?"
openssl req -in tpm.csr -noout -verify 2>/dev/null || fail 'the request of the TPM does not verify'
before=$(($(counter)))
refused 2 '' "${csr[@]}" --key 'handle:0x81000002?pass' --pin-file wrong
tries=$(($(counter) - before))
[ "$tries" -eq 1 ] || fail "the wrong password was tried $tries times"
