#!/bin/bash
# The real ROM of the ESP32: blocks with program registers of their own, burned and read-protected; flash written, and
# nothing but what was asked for.
set -euo pipefail
espseal=$BIN/espseal
qemu="qemu-system-xtensa"
if ! "$qemu" -machine help 2>/dev/null | grep -q '^esp32 '; then
    echo "SKIP: the ESP32's ROM was not tested: no $qemu with the machine esp32 (Espressif's has it) on PATH"
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

head -c 124 /dev/zero >efuse
head -c 4194304 /dev/zero | tr '\0' '\377' >flash
listens() {
    grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$1") 00000000:0000 0A " /proc/net/tcp
}
for ((attempt = 0; attempt < 8; attempt++)); do
    port=$((21000 + RANDOM % 11000))
    # in time with its instructions, or its UART overruns the ROM (README.md)
    "$qemu" -nographic -machine esp32 -monitor none -icount shift=7,sleep=off \
        -drive file=flash,if=mtd,format=raw -drive file=efuse,if=none,format=raw,id=efuse \
        -global driver=nvram.esp32.efuse,property=drive,value=efuse \
        -global driver=esp32.gpio,property=strap_mode,value=0x0f \
        -serial "tcp:127.0.0.1:$port,server=on,wait=off,nodelay=on" >qemu.log 2>&1 </dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null && ! listens "$port"; do sleep 0.05; done
    ! kill -0 "$pid" 2>/dev/null || break
    pid=
done
[ -n "$pid" ] || fail "the emulator does not start"
device=(--port "socket://127.0.0.1:$port" --chip esp32)

"$espseal" efuse summary "${device[@]}" --json >out 2>&1 || fail "efuse summary exits $?"
jq -e '.chip == "esp32" and .revision == "0.0"' out >/dev/null || fail "the ESP32 is not found"

printf 'this key has thirty-two bytes...' >key
"$espseal" efuse burn-block BLOCK1 --data key "${device[@]}" --confirm burn >out 2>&1 || fail "burn-block exits $?"
cmp -s key <(tail -c +29 efuse | head -c 32) || fail "BLOCK1 does not hold the key"
"$espseal" efuse burn CONSOLE_DEBUG_DISABLE JTAG_DISABLE "${device[@]}" --confirm burn >out 2>&1 || fail "burn exits $?"
[ "$(xxd -s 24 -l 4 -p efuse)" = 44000000 ] || fail "word 6 of BLOCK0 is $(xxd -s 24 -l 4 -p efuse)"
cmp -s key <(tail -c +29 efuse | head -c 32) || fail "BLOCK1 changed with BLOCK0"
[ "$(tail -c 64 efuse | tr -d '\0' | wc -c)" = 0 ] || fail "BLOCK2 and BLOCK3 are not blank"
cp efuse before
"$espseal" efuse burn JTAG_DISABLE "${device[@]}" --confirm burn >out 2>&1 || fail "the same again exits $?"
cmp -s efuse before || fail "what was there already was burned again"
printf 'and this is quite another key...' >key
status=0
"$espseal" efuse burn-block BLOCK1 --data key "${device[@]}" --confirm burn >out 2>&1 || status=$?
[ "$status" = 5 ] || fail "another key in the same block exits $status"
cmp -s efuse before || fail "the refusal burned"
"$espseal" efuse protect --read BLOCK1 "${device[@]}" --confirm burn >out 2>&1 || fail "protect exits $?"
"$espseal" efuse summary "${device[@]}" --json >out 2>&1 || fail "efuse summary exits $?"
jq -e '[.fields[] | select(.name == "BLOCK1")][0].readable == false' out >/dev/null || fail "BLOCK1 can be read"

# Inflating, this ROM would write 32 KiB. At a higher rate its UART is overrun.
seq 15000 >text
seq 20001 25000 >behind # 30 000 bytes
"$espseal" flash write 0x30000=behind --baud 115200 "${device[@]}" >out 2>&1 || fail "flash write exits $?"
"$espseal" flash write 0x1c000=text --baud 115200 "${device[@]}" >out 2>&1 || fail "flash write exits $?"
! grep -q damaged out || fail "flash outside was damaged"
kill "$pid"
wait "$pid" 2>/dev/null || true
pid=
cmp -n "$(stat -c %s text)" -i $((0x1c000)):0 flash text || fail "flash holds something else"
cmp -n 30000 -i $((0x30000)):0 flash behind || fail "what lies behind was written over"
[ "$(tr -d '\377' <flash | wc -c)" -le $(($(stat -c %s text) + 30000)) ] || fail "it wrote elsewhere"
echo "PASS"
