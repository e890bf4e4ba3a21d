#!/bin/bash
# 16 MB of flash written, compared, verified, read and provisioned: no command holds more than 16 MB at any moment.
# A build with sanitizers needs memory of its own: PLAIN is the folder of programs without (tests/run makes them).
set -euo pipefail
bin=$BIN
limit=16384 # KiB
work=$(mktemp -d)
simulator=
finish() {
    [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
cd "$work"
fail() {
    echo "FAIL: $*"
    cat out err 2>/dev/null || true
    exit 1
}
if grep -q '^ESPSEAL_SANITIZE:BOOL=ON' "$BUILD/CMakeCache.txt"; then
    bin=${PLAIN-}
    [ -n "$bin" ] || {
        echo "SKIP: a build with sanitizers needs memory of its own, and PLAIN names no programs without"
        exit 77
    }
fi
espseal=$bin/espseal
[ -x /usr/bin/time ] || {
    echo "SKIP: no /usr/bin/time to measure with"
    exit 77
}

# The simulator holds the flash, so it must not be a child of what is measured.
"$bin/espseal-sim" --chip esp32c3 --flash-size 16777216 --listen 127.0.0.1:0 >address 2>err &
simulator=$!
for _ in $(seq 100); do
    [ ! -s address ] || break
    sleep 0.05
done
port=$(head -n 1 address)
# held COMMAND...: succeeds, and says its peak
held() {
    local peak
    /usr/bin/time -o peak -f %M "$espseal" "$@" >out 2>err || fail "$* exits $?"
    peak=$(tail -n 1 peak)
    echo "$peak KiB: $1 $2"
    [ "$peak" -le "$limit" ] || fail "$* holds $peak KiB"
}

head -c 16777216 /dev/urandom >random.bin
held flash write 0=random.bin --port "$port"
held flash write 0=random.bin --port "$port"
grep -q 'are there already' out || fail "nothing was compared"
held flash verify 0=random.bin --port "$port"
held flash md5 0 0x1000000 --port "$port"
[ "$(cat out)" = "$(md5sum random.bin | cut -d ' ' -f 1)" ] || fail "another digest"
held flash read 0 0x1000000 --out back.bin --port "$port"
cmp random.bin back.bin || fail "what was read is not what was written"
held flash write 0=random.bin --no-compress --no-diff --port "$port"
seq 1 1900000 >text.bin
held flash write 0x200000=text.bin --port "$port"

# An image of one segment of 12 MB: the same 6 MB twice, so that its checksum is that of nothing.
{
    printf '\351\001\002\117\000\000\070\100\356\000\000\000\005\000\000\000\000\000\377\377\000\000\000\001'
    printf '\040\000\000\074\000\000\300\000'
    head -c 6291456 random.bin
    head -c 6291456 random.bin
    head -c 15 /dev/zero
    printf '\357'
} >image.bin
printf '%b' "$(sha256sum image.bin | cut -d ' ' -f 1 | sed 's/../\\x&/g')" >>image.bin
held image info image.bin
grep -q 12582912 out || fail "image.bin is no image"
held flash write 0x10000=image.bin --port "$port"
held flash verify 0x10000=image.bin --port "$port"
# As a bootloader, with another header and the SHA-256 that belongs to it.
held flash write 0=image.bin --flash-mode qio --flash-size detect --port "$port"
held flash read 0 12583000 --out changed.bin --port "$port"
head -c 12582992 changed.bin >changed.image
held image info changed.image
grep -q '^flash  *qio, 80m, 16MB$' out || fail "the header was not changed"

# Encrypted here, all of it.
head -c 15728640 random.bin >firmware.bin
head -c 32 /dev/urandom >flash.key
chmod 600 flash.key
printf 'app, app, factory, 0x10000, 0xFF0000, encrypted\n' >table.csv
held flash write app=firmware.bin --encrypt-with flash.key --partition-table table.csv --allow FL-CIPHERTEXT \
    --allow FL-KEY-DOUBT --allow FL-NO-KEY --port "$port"

# A file of flash is looked through in pieces as well.
held audit --chip esp32c3 --flash-file random.bin

"$espseal" identity ca --subject '/CN=CA' --days 30 --out-cert ca.pem --out-key ca.key 2>err
"$espseal" identity key --type rsa:2048 --out device.key 2>err
"$espseal" identity csr --key device.key --subject /CN=device --out device.csr 2>err
"$espseal" identity cert --csr device.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out device.crt 2>err
held provision --mode development --firmware 0x100000=firmware.bin --offset 0xd000 --ca-cert ca.pem \
    --device-cert device.crt --private-key device.key --confirm burn --port "$port"
"$espseal" flash verify 0x100000=firmware.bin --port "$port" >out 2>err || fail "the firmware is not there"
