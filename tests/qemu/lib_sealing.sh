# shellcheck shell=bash disable=SC2154
# Emulated chips that are sealed with the example profiles: made blank, sealed, started from flash. For tests that set chip,
# qemu, download and boot (the straps of the two modes) before they use this.
set -euo pipefail
: "${BIN:?}" "${SOURCE:?}"
espseal=$BIN/espseal
work=$(mktemp -d)
pid=
ticks=0
settings=() # more words for the sealing command
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
umask 077
cd "$work"

fail() {
    echo "FAIL: $chip: $*"
    tail -n 40 out serial qemu.log 2>/dev/null
    exit 1
}
run() { # STATUS WORD...
    local want=$1 status=0
    shift
    "$espseal" "$@" >out 2>&1 </dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "espseal $* exits $status, not $want"
}
says() {
    grep -q -- "$1" out || fail "nobody says: $1"
}
listens() {
    grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$1") 00000000:0000 0A " /proc/net/tcp
}
power_off() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    [ -z "$pid" ] || wait "$pid" 2>/dev/null || true
    pid=
}
emulate() { # STRAP SERIAL
    local clock=()
    [ "$chip" != esp32 ] || clock=(-icount "shift=7,sleep=off") # or its UART overruns the ROM (README.md)
    "$qemu" "${clock[@]}" -nographic -machine "$chip" -monitor none -drive file=flash,if=mtd,format=raw \
        -drive file=efuse,if=none,format=raw,id=efuse -global "driver=nvram.$chip.efuse,property=drive,value=efuse" \
        -global "driver=$chip.gpio,property=strap_mode,value=$1" -serial "$2" >qemu.log 2>&1 </dev/null &
    pid=$!
}
# in its bootloader, on the first free port of a few
power_on() {
    local attempt
    power_off
    for ((attempt = 0; attempt < 8; attempt++)); do
        port=$((21000 + RANDOM % 11000))
        emulate "$download" "tcp:127.0.0.1:$port,server=on,wait=off,nodelay=on"
        while kill -0 "$pid" 2>/dev/null && ! listens "$port"; do sleep 0.05; done
        ! kill -0 "$pid" 2>/dev/null || break
        pid=
    done
    [ -n "$pid" ] || fail "the emulator does not start"
    device=(--port "socket://127.0.0.1:$port")
    [ "$chip" != esp32s3 ] || device+=(--baud 2000000) # its emulated UART is slow
}
# says_at_boot PATTERN TICKS: whether it comes from the chip that starts from flash, within so many twentieths of a second
says_at_boot() {
    local i
    power_off
    rm -f serial
    emulate "$boot" file:serial
    for ((i = 0; i < $2; i++)); do
        ! grep -qaE "$1" serial 2>/dev/null || break
        sleep 0.05
    done
    power_off
    grep -qaE "$1" serial || return 1
    ticks=$((i + 1))
}
boots() {
    says_at_boot SEAL-HELLO-BOOTED 600 || fail "the ROM does not start it"
}
# The ROM of the ESP32 may be silent then: it has four times as long as what it did last took, and a second.
refuses() {
    local patience=200
    [ "$chip" != esp32 ] || patience=$((ticks * 4 + 20))
    says_at_boot 'SEAL-HELLO-BOOTED|secure boot check fail|ets_main.c|secure boot verification failed|invalid header: |csum err' $patience || [ "$chip" = esp32 ] ||
        fail "the ROM says nothing of $1"
    ! grep -qa SEAL-HELLO-BOOTED serial || fail "the ROM starts $1"
    grep -qa 'rst:0x' serial || fail "the ROM did not run"
}

blank() { # a chip of which there is no record
    rm -rf records
    head -c 4194304 /dev/zero | tr '\0' '\377' >flash
    if [ "$chip" = esp32 ]; then
        # the MAC and its CRC that the emulator gives a chip without one
        { head -c 4 /dev/zero && printf '\x24\x0a\xc4\x00\x01\x10\xfe' && head -c 113 /dev/zero; } >efuse
        run 0 efuse burn CHIP_VER_REV1 CHIP_VER_REV2 --efuse-file efuse --chip esp32 --confirm burn
    else
        head -c 1024 /dev/zero >efuse
        printf '\014' | dd of=efuse bs=1 seek=38 conv=notrunc status=none # revision 0.3
    fi
}

seal() { # STATUS
    power_on
    run "$1" provision --profile profile.json "${device[@]}" "${settings[@]}" --confirm burn
}

run_inputs() {
    run 0 identity ca --subject '/CN=Test CA' --days 3650 --out-cert ca.pem --out-key ca.key
    openssl req -x509 -newkey rsa:2048 -nodes -keyout escrow.key -subj /CN=escrow -days 365 -out escrow.pem >out 2>&1
    run 0 secure-boot keygen --type rsa:3072 --out signing-key.pem --public-out signing-key.pub.pem
    printf '%s\n' 'nvs, data, nvs, 0x9000, 0x4000,' 'esp_secure_cert, 0x3f, , 0xd000, 0x2000,' \
        'factory, app, factory, 0x10000, 1M,' >table.csv
    run 0 partition-table encode table.csv --out partition-table.bin
}
