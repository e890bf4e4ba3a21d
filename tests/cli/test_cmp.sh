#!/bin/bash
# Certificates by CMP (RFC 4210) against OpenSSL's mock server on 127.0.0.1: initial request, key update, PKCS#10
# request; wrong secrets, refusals, answers for another key and absent servers leave no file and burn nothing.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
server=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    server=
}
trap 'stop; rm -rf "$work"' EXIT
cd "$work"
umask 077
fail() {
    echo "FAIL: $*"
    cat err server.log 2>/dev/null
    exit 1
}
openssl cmp -help >help.txt 2>&1 || true
grep -q -- -srv_secret help.txt || {
    echo "SKIP: this openssl has no cmp command with a mock server: CMP was not tested"
    exit 77
}

"$espseal" identity ca --subject '/CN=CMP CA' --days 30 --out-cert ca.pem --out-key ca.key 2>err
for name in device new other; do
    "$espseal" identity key --type rsa:2048 --out $name.key 2>err
    "$espseal" identity csr --key $name.key --subject /CN=device --out $name.csr 2>err
    "$espseal" identity cert --csr $name.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out $name.crt 2>err
done
echo 'correct horse' >secret
echo 'wrong horse' >wrong

port=$((21000 + $$ % 20000))
# serve WORD...: the mock server answers every request with one prepared certificate
serve() {
    stop
    openssl cmp -port $port -srv_ref line-3 -srv_secret 'pass:correct horse' "$@" >server.log 2>&1 &
    server=$!
    for _ in $(seq 100); do
        (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null && return 0
        kill -0 $server 2>/dev/null || fail 'the mock server does not start'
        sleep 0.05
    done
    fail 'the mock server does not listen'
}
enroll=(identity enroll --server "http://127.0.0.1:$port/pkix/" --out got.crt --force)
shared=(--ref line-3 --secret-file secret)
got() { # NAME WORD...: enrolls and gets NAME's certificate
    local name=$1
    shift
    rm -f got.crt
    "$espseal" "${enroll[@]}" "$@" >out 2>err || fail "enroll $* exits $?"
    cmp -s <(openssl x509 -in got.crt -outform DER) <(openssl x509 -in "$name.crt" -outform DER) ||
        fail "enroll $* gives another certificate"
}
refused() { # STATUS TEXT WORD...
    local want=$1 text=$2 status=0
    shift 2
    rm -f got.crt
    "$espseal" "${enroll[@]}" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "enroll $* exits $status, not $want"
    [ "$(grep -c '^espseal: error: ' err)" -eq 1 ] || fail "enroll $*: not one error line"
    grep -q "^espseal: error: .*$text" err || fail "enroll $* does not say \"$text\""
    ! grep -q 'horse' err || fail 'a secret is echoed'
    [ ! -e got.crt ] || fail "enroll $* left a file"
}

serve -rsp_cert device.crt
got device "${shared[@]}" --key device.key --subject /CN=device --san DNS:device.example
got device "${shared[@]}" --csr device.csr
refused 2 '' "${shared[@]}" --key other.key --subject /CN=device
refused 2 '' --ref line-3 --secret-file wrong --key device.key --subject /CN=device
refused 1 'protects' --key device.key --subject /CN=device
refused 1 'subject' "${shared[@]}" --key device.key
refused 1 'already' "${shared[@]}" --csr device.csr --key device.key
refused 2 'not a certificate request' "${shared[@]}" --csr ca.pem
chmod 644 secret
refused 2 'can be read by others' "${shared[@]}" --key device.key --subject /CN=device
chmod 600 secret

# a device whose key is made in the run: the prepared certificate is for another one, and nothing burns
device=(--port 'sim:esp32c3?efuse=efuse.bin&flash=flash.bin' --mode production --ca-cert ca.pem --confirm burn)
"$espseal" efuse summary --port "${device[1]}" >/dev/null 2>err && cp efuse.bin before.bin
status=0
"$espseal" provision "${device[@]}" --subject '/CN={mac}' --cmp "http://127.0.0.1:$port/" --cmp-ref line-3 \
    --cmp-secret-file secret >out 2>err || status=$?
[ "$status" -eq 2 ] || fail "a certificate for another key exits $status"
cmp -s efuse.bin before.bin || fail 'BURNED for the certificate of another key'

# the whole way: the chip signs its request, the CA answers by CMP, the second run completes the device
"$espseal" provision "${device[@]:0:4}" --confirm burn --csr-only --csr-out chip.csr --subject '/CN={mac}' >out 2>err ||
    fail "the first run exits $?"
"$espseal" identity cert --csr chip.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out chip.crt 2>err
serve -rsp_cert chip.crt
got chip "${shared[@]}" --csr chip.csr
"$espseal" provision "${device[@]}" --device-cert got.crt >out 2>err || fail "the second run exits $?"
grep -q 'identity sealed' err || fail 'the device is not sealed'

# a key update: signed with the old key, answered with a signature that must come from the CA
# (the mock server takes an update for the certificate only that it gives out, and so for the same key)
serve -rsp_cert device.crt -srv_cert other.crt -srv_key other.key -srv_trusted ca.pem
got device --update --key device.key --old-cert device.crt --old-key device.key --ca-cert ca.pem
"$espseal" identity ca --subject '/CN=Another CA' --days 30 --out-cert stranger.pem --out-key stranger.key 2>err
refused 2 'refuses the request.*certid' --update --key new.key --old-cert new.crt --old-key new.key --ca-cert ca.pem
refused 2 'not accepted' --update --key device.key --old-cert device.crt --old-key device.key --ca-cert stranger.pem
refused 1 'key update' "${shared[@]}" --update --key new.key

# a server that refuses, one that is no CMP server, and none
serve -rsp_cert device.crt -pkistatus 2 -statusstring 'not today'
refused 2 'refuses the request.*not today' "${shared[@]}" --key device.key --subject /CN=device
stop
began=$SECONDS
refused 2 '127.0.0.1.*: connection refused' "${shared[@]}" --key device.key --subject /CN=device
[ $((SECONDS - began)) -lt 10 ] || fail "an absent server takes $((SECONDS - began)) s"
enroll[3]=http://no-such-host.invalid/
refused 2 'no-such-host.invalid' "${shared[@]}" --key device.key --subject /CN=device
[ $((SECONDS - began)) -lt 40 ] || fail "an unknown host takes $((SECONDS - began)) s"
enroll[3]=ftp://127.0.0.1/
refused 1 'not the address' "${shared[@]}" --key device.key --subject /CN=device
enroll[3]=https://127.0.0.1/
refused 1 'not the address' "${shared[@]}" --key device.key --subject /CN=device

# --- provision --cmp for a key that is made in the run: the mock server with a CA before it ---
stop
command -v python3 >/dev/null || {
    echo "NOTE: python3 is not installed: provision --cmp was tested with refusals only"
    exit 0
}
mock=$((port + 1))
issue=(openssl x509 -new -force_pubkey /dev/stdin -subj /CN=7cdfa15ea101 -CA ca.pem -CAkey ca.key -days 20 -out made.crt)
enrols() { # WORD...: the mock server with these words, and before it the CA that issues what it gives out
    stop
    rm -f made.crt
    python3 "$SOURCE/tests/cli/cmp_ca.py" $port $mock "${issue[*]}" openssl cmp -port $mock -rsp_cert made.crt "$@" \
        >server.log 2>&1 &
    server=$!
    for _ in $(seq 100); do
        (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null && return 0
        sleep 0.05
    done
    fail 'the CA does not listen'
}
chip() { # N
    echo "sim:esp32c3?efuse=efuse$1.bin&flash=flash$1.bin"
}
by_cmp=(--mode production --ca-cert ca.pem --subject '/CN={mac}' --cmp "http://127.0.0.1:$port/pkix/" --confirm burn)
with_secret=(--cmp-ref line-3 --cmp-secret-file)
sealed() { # N WORD...: chip N becomes a device with the certificate that the CA made in this run
    local n=$1
    shift
    "$espseal" provision --port "$(chip "$n")" "${by_cmp[@]}" "$@" >out 2>err || fail "provision $* exits $?"
    grep -q 'identity sealed' err || fail "chip $n is not sealed"
    "$espseal" flash read --port "$(chip "$n")" 0xd000 0x2000 --out read.bin --force 2>err
    grep -qF "$(sed -n 4p made.crt)" read.bin || fail "the CA's certificate is not in the flash of chip $n"
    openssl verify -CAfile ca.pem made.crt >/dev/null || fail 'the certificate does not lead to the CA'
}
unburned() { # N STATUS TEXT WORD...
    local n=$1 want=$2 text=$3 status=0
    shift 3
    "$espseal" efuse summary --port "$(chip "$n")" >/dev/null 2>err
    cp "efuse$n.bin" before.bin
    "$espseal" provision --port "$(chip "$n")" "${by_cmp[@]}" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "provision $* exits $status, not $want"
    grep -q "^espseal: error: .*$text" err || fail "provision $* does not say \"$text\""
    ! grep -q horse err || fail 'a secret is echoed'
    cmp -s "efuse$n.bin" before.bin || fail "provision $*: FUSES CHANGED"
}
enrols -srv_ref line-3 -srv_secret 'pass:correct horse'
unburned 1 2 'not accepted' "${with_secret[@]}" wrong
unburned 1 1 'nothing protects'
unburned 1 1 'belong together' --cmp-cert other.crt
unburned 1 1 'exclude each other' "${with_secret[@]}" secret --cmp-cert other.crt --cmp-key other.key
unburned 1 1 'replaces the certificate' "${with_secret[@]}" secret --cmp-update
unburned 1 2 'another key' --cmp-cert other.crt --cmp-key device.key
sealed 1 "${with_secret[@]}" secret --eku clientAuth
cp made.crt first.crt
stop # a finished device needs no server
"$espseal" provision --port "$(chip 1)" "${by_cmp[@]}" "${with_secret[@]}" secret >out 2>err || fail "the rerun exits $?"
grep -q 'nothing to do' err || fail 'a finished device is enrolled again'

# signed by the certificate of a station, answered by a certificate under the CA
enrols -srv_cert other.crt -srv_key other.key -srv_trusted ca.pem
sealed 2 --cmp-cert new.crt --cmp-key new.key
by_cmp[3]=stranger.pem
unburned 3 2 'not accepted' --foreign-ca --cmp-cert new.crt --cmp-key new.key
by_cmp[3]=ca.pem

# a key update: the key of another chip takes the place of an old certificate's. The mock server takes updates of a
# certificate with the issuer and serial number of the one that it gives out.
issue+=(-set_serial "0x$(openssl x509 -in new.crt -noout -serial | cut -d= -f2)")
enrols -srv_cert other.crt -srv_key other.key -srv_trusted ca.pem
sealed 3 --cmp-cert new.crt --cmp-key new.key --cmp-update
unburned 4 2 'refuses the request.*certid' --cmp-cert device.crt --cmp-key device.key --cmp-update
stop
