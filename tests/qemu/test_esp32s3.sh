#!/bin/bash
# The main job on the real ROM of the ESP32-S3, with the longest key that its Digital Signature takes.
set -euo pipefail
espseal=$BIN/espseal
qemu="qemu-system-xtensa"
if ! "$qemu" -machine help 2>/dev/null | grep -q '^esp32s3 '; then
    echo "SKIP: the ESP32-S3's ROM was not tested: no $qemu with the machine esp32s3 (Espressif's has it) on PATH"
    exit 77
fi
work=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
cd "$work"

fail() {
    echo "FAIL: $*"
    tail -n 40 out qemu.log
    exit 1
}

# A blank chip of revision 0.3; the emulator takes the first free port of a few.
head -c 1024 /dev/zero >efuse
printf '\014' | dd of=efuse bs=1 seek=38 conv=notrunc status=none
head -c 4194304 /dev/zero | tr '\0' '\377' >flash
listens() {
    grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$1") 00000000:0000 0A " /proc/net/tcp
}
for ((attempt = 0; attempt < 8; attempt++)); do
    port=$((21000 + RANDOM % 11000))
    "$qemu" -nographic -machine esp32s3 -monitor none \
        -drive file=flash,if=mtd,format=raw -drive file=efuse,if=none,format=raw,id=efuse \
        -global driver=nvram.esp32s3.efuse,property=drive,value=efuse \
        -global driver=esp32s3.gpio,property=strap_mode,value=0x07 \
        -serial "tcp:127.0.0.1:$port,server=on,wait=off,nodelay=on" >qemu.log 2>&1 </dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null && ! listens "$port"; do sleep 0.05; done
    ! kill -0 "$pid" 2>/dev/null || break
    pid=
done
[ -n "$pid" ] || fail "the emulator does not start"
# The emulated UART of this chip takes seconds for a kilobyte at 115200.
device=(--port "socket://127.0.0.1:$port" --baud 2000000)

"$espseal" identity key --type ec:p256 --out ca.key
"$espseal" identity ca --subject /CN=ca --days 10 --out-cert ca.crt --out-key ca.pem
"$espseal" provision "${device[@]}" --chip esp32s3 --mode production --ca-cert ca.crt --ca-key ca.pem \
    --subject '/CN={mac}' --key-type rsa:4096 --confirm burn --out job >out 2>&1 || fail "provision exits $?"
"$espseal" prove "${device[@]}" >out 2>&1 || fail "prove exits $?"
grep -q 'RSA-4096' out || fail "the proof is not of the longest key"
"$espseal" efuse summary "${device[@]}" --json >out 2>&1 || fail "efuse summary exits $?"
jq -e '.chip == "esp32s3" and .revision == "0.3" and (.keys[0] | .purpose == "HMAC_DOWN_DIGITAL_SIGNATURE" and
    .content == "hidden" and (.writable or .purpose_writable | not)) and
    all(.keys[1:][]; .content == "blank" and .writable)' out >/dev/null || fail "the fuses are not those of the job"
echo "PASS"
