#!/bin/bash
# 16 MB of flash written, compared, verified, read and provisioned: no command holds more than 16 MB at any moment.
set -euo pipefail
espseal=$BIN/espseal
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
    echo "SKIP: a build with sanitizers needs memory of its own"
    exit 77
fi
[ -x /usr/bin/time ] || {
    echo "SKIP: no /usr/bin/time to measure with"
    exit 77
}

# The simulator holds the flash, so it must not be a child of what is measured.
"$BIN/espseal-sim" --chip esp32c3 --flash-size 16777216 --listen 127.0.0.1:0 >address 2>err &
simulator=$!
for _ in $(seq 100); do
    [ ! -s address ] || break
    sleep 0.05
done
port=$(head -n 1 address)
# held COMMAND...: succeeds, and says its peak
held() {
    local peak
    /usr/bin/time -o peak -f %M "$espseal" "$@" --port "$port" >out 2>err || fail "$* exits $?"
    peak=$(tail -n 1 peak)
    echo "$peak KiB: $1 $2"
    [ "$peak" -le "$limit" ] || fail "$* holds $peak KiB"
}

head -c 16777216 /dev/urandom >random.bin
held flash write 0=random.bin
held flash write 0=random.bin
grep -q 'are there already' out || fail "nothing was compared"
held flash verify 0=random.bin
held flash md5 0 0x1000000
[ "$(cat out)" = "$(md5sum random.bin | cut -d ' ' -f 1)" ] || fail "another digest"
held flash read 0 0x1000000 --out back.bin
cmp random.bin back.bin || fail "what was read is not what was written"
held flash write 0=random.bin --no-compress --no-diff
seq 1 1900000 >text.bin
held flash write 0x200000=text.bin

# An image of one segment of 12 MB, whose header the rules look at.
{
    printf '\351\001\002\117\000\000\070\100\356\000\000\000\005\000\000\000\000\000\377\377\000\000\000\000'
    printf '\040\000\000\074\000\000\300\000'
    head -c 12582912 random.bin
    head -c 16 /dev/zero
} >image.bin
"$espseal" image info image.bin >out 2>err || true # its checksum is wrong
grep -q 12582912 out || fail "image.bin is no image"
held flash write 0x10000=image.bin
held flash verify 0x10000=image.bin

"$espseal" identity ca --subject '/CN=CA' --days 30 --out-cert ca.pem --out-key ca.key 2>err
"$espseal" identity key --type rsa:2048 --out device.key 2>err
"$espseal" identity csr --key device.key --subject /CN=device --out device.csr 2>err
"$espseal" identity cert --csr device.csr --ca-cert ca.pem --ca-key ca.key --days 30 --out device.crt 2>err
head -c 15728640 random.bin >firmware.bin
held provision --mode development --firmware 0x100000=firmware.bin --offset 0xd000 --ca-cert ca.pem \
    --device-cert device.crt --private-key device.key --confirm burn
"$espseal" flash verify 0x100000=firmware.bin --port "$port" >out 2>err || fail "the firmware is not there"
