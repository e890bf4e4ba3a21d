# shellcheck shell=bash
# An emulated ESP32-C3 whose fuses and flash are files: made blank, powered on and off, booted.
# For tests that say WHAT they test before they source this file.
set -euo pipefail
: "${WHAT:?}" "${BIN:?}" "${SOURCE:?}"
espseal=$BIN/espseal
hello=$SOURCE/tests/qemu/hello-esp32c3.bin
work=$(mktemp -d)
qemu_pid=
port=

skip() {
    echo "SKIP: $WHAT was not tested: $*"
    exit 77
}

power_off() {
    [ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null || true
    [ -z "$qemu_pid" ] || wait "$qemu_pid" 2>/dev/null || true
    qemu_pid=
}

finish() {
    power_off
    rm -rf "$work"
}
trap finish EXIT

fail() {
    echo "FAIL: $*"
    local file
    for file in out err qemu.log; do
        [ ! -s "$work/$file" ] || sed "s/^/  $file: /" "$work/$file" | tail -n 40
    done
    exit 1
}

machines=$(qemu-system-riscv32 -machine help 2>/dev/null) || skip "there is no qemu-system-riscv32 on PATH"
grep -q '^esp32c3 ' <<<"$machines" || skip "this qemu-system-riscv32 has no machine esp32c3 (Espressif's has)"

# new_chip NAME: NAME.efuse and NAME.flash of a blank ESP32-C3 of revision 0.3 with 4 MB of flash
new_chip() {
    head -c 1024 /dev/zero >"$work/$1.efuse"
    printf '\014' | dd of="$work/$1.efuse" bs=1 seek=38 conv=notrunc status=none
    head -c 4194304 /dev/zero | tr '\0' '\377' >"$work/$1.flash"
}

listens() {
    grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$1") 00000000:0000 0A " /proc/net/tcp
}

# start NAME STRAP WAIT: QEMU on a free port of the loopback device. WAIT on: it holds the chip until a client is there.
# NODELAY=off leaves QEMU's socket as it is by default.
start() {
    local attempt i
    for attempt in 1 2 3 4 5 6 7 8; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        ! listens "$port" || continue
        # The emulator dies with this shell, even when the shell has no time to see to it.
        setpriv --pdeathsig KILL qemu-system-riscv32 -nographic -machine esp32c3 -monitor none \
            -drive "file=$work/$1.flash,if=mtd,format=raw" \
            -drive "file=$work/$1.efuse,if=none,format=raw,id=efuse" \
            -global driver=nvram.esp32c3.efuse,property=drive,value=efuse \
            -global "driver=esp32c3.gpio,property=strap_mode,value=$2" \
            -serial "tcp:127.0.0.1:$port,server=on,wait=$3,nodelay=${NODELAY:-on}" \
            >"$work/qemu.log" 2>&1 </dev/null &
        qemu_pid=$!
        for ((i = 0; i < 600; i++)); do
            ! listens "$port" || return 0
            kill -0 "$qemu_pid" 2>/dev/null || break
            sleep 0.05
        done
        grep -qi 'in use' "$work/qemu.log" || fail "QEMU does not start (attempt $attempt)"
        power_off
    done
    fail "no port was free"
}

# power_on NAME: in the bootloader, as with GPIO9 low
power_on() {
    power_off
    start "$1" 0x02 off
}

# boots NAME: from flash, as with GPIO9 high; the image there greets
boots() {
    local line seen= lines=0
    power_off
    start "$1" 0x08 on
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    # The ROM complains about a bad image without end.
    while [ -z "$seen" ] && ((lines++ < 200)) && IFS= read -r -t 60 line <&3; do
        [[ $line != *SEAL-HELLO-BOOTED* ]] || seen=1
    done
    exec 3>&-
    power_off
    [ -n "$seen" ] || fail "$1 does not boot"
}

# run STATUS PROGRAM WORD...
run() {
    local wanted=$1 status=0
    shift
    "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || fail "${*#"$BIN/"} exits $status, not $wanted"
}

# says TEXT: on stdout or stderr of the last run
says() {
    cat "$work/out" "$work/err" | grep -qF -- "$1" || fail "the last run does not say \"$1\""
}

device() {
    printf 'socket://127.0.0.1:%s' "$port"
}

proves() {
    run 0 "$espseal" prove --port "$(device)"
    says 'proven: '
}

# fuses NAME FILTER: what jq's FILTER makes of the summary of NAME's fuses
fuses() {
    "$espseal" efuse summary --efuse-file "$work/$1.efuse" --chip esp32c3 --json | jq -r "$2"
}

# same_fuses NAME BEFORE: not one bit changed since the copy was made
same_fuses() {
    cmp "$work/$1.efuse" "$work/$2" || fail "the fuses of $1 changed"
}

make_ca() {
    run 0 "$espseal" identity ca --subject '/CN=Test CA' --days 3650 --out-cert "$work/ca.pem" --out-key "$work/ca.key"
}

# given_identity: ca.pem, ca.key and a device's device.pem, device.key in the work folder
given_identity() {
    make_ca
    run 0 "$espseal" identity key --type rsa:2048 --out "$work/device.key"
    run 0 "$espseal" identity csr --key "$work/device.key" --subject '/CN=device' --out "$work/device.csr"
    run 0 "$espseal" identity cert --csr "$work/device.csr" --ca-cert "$work/ca.pem" --ca-key "$work/ca.key" --days 3000 \
        --out "$work/device.pem"
}
