#!/bin/bash
# Ports on a mocked kernel (umockdev): listed, watched, and chosen by auto, usb: and mac:.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
cd "$work"
if grep -q '^ESPSEAL_SANITIZE:BOOL=ON' "$BUILD/CMakeCache.txt"; then
    export ASAN_OPTIONS=verify_asan_link_order=0
fi
command -v umockdev-run >/dev/null || {
    echo "SKIP: no umockdev-run to mock the kernel with"
    exit 77
}

# device NUMBER VID PID DESCRIPTOR_IDS SERIAL TTY: a USB device at 1-NUMBER with a serial port
device() {
    printf 'P: /devices/usb1/1-%s\nN: bus/usb/001/00%s\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\n' "$1" "$1"
    printf 'E: BUSNUM=001\nE: DEVNUM=00%s\nE: DEVNAME=/dev/bus/usb/001/00%s\n' "$1" "$1"
    printf 'A: idVendor=%s\\n\nA: idProduct=%s\\n\nA: busnum=1\\n\nA: devnum=%s\\n\nA: speed=12\\n\n' "$2" "$3" "$1"
    printf 'A: bConfigurationValue=1\\n\nA: serial=%s\\n\nA: product=Test adapter\\n\nA: manufacturer=Maker\\n\n' "$5"
    printf 'H: descriptors=1201000200000040%s000101020301090209000101008032\n\n' "$4"
    printf 'P: /devices/usb1/1-%s/1-%s:1.0\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\n\n' "$1" "$1"
    printf 'P: /devices/usb1/1-%s/1-%s:1.0/%s\nE: SUBSYSTEM=usb-serial\n\n' "$1" "$1" "$6"
    printf 'P: /devices/usb1/1-%s/1-%s:1.0/%s/tty/%s\nN: %s\n' "$1" "$1" "$6" "$6" "$6"
    printf 'E: SUBSYSTEM=tty\nE: DEVNAME=/dev/%s\nL: device=../../../%s\nA: dev=188:%s\\n\n\n' "$6" "$6" "$1"
}
device 2 10c4 ea60 c41060ea 0001 ttyUSB0 >adapter
device 3 303a 1001 3a300110 60:55:F9:01:02:03 ttyACM0 >native

# with STATUS DEVICES COMMAND...
with() {
    local wanted=$1 devices=() status=0 file
    for file in $2; do
        devices+=(-d "$file")
    done
    shift 2
    umockdev-run "${devices[@]}" -- "$espseal" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || fail "espseal $* exits $status, not $wanted"
}
says() {
    grep -qF -- "$1" out err || fail "it does not say \"$1\""
}

with 0 'adapter native' device list
says /dev/ttyUSB0
says 10c4:ea60
says '60:55:F9:01:02:03'
with 0 'adapter native' device list --json
jq -e '[.. | objects | select(.port? == "/dev/ttyACM0" and .serial == "60:55:F9:01:02:03")] | length == 1' out >/dev/null ||
    fail "the list in JSON lacks a port"
with 0 'adapter native' device watch --timeout 1 --json
[ ! -s out ] || fail "what was there already is told as new"

# The mocked nodes are no terminals: which one was chosen is told by the error.
chosen() {
    with 3 "$1" device info --port "$2"
    says "$3 is not a serial port"
}
chosen adapter auto /dev/ttyUSB0
chosen 'adapter native' usb:303a:1001 /dev/ttyACM0
chosen 'adapter native' usb:10c4:ea60:0001 /dev/ttyUSB0
chosen 'adapter native' mac:60:55:f9:01:02:03 /dev/ttyACM0
with 3 'adapter native' device info --port auto
says /dev/ttyUSB0
says /dev/ttyACM0
with 3 adapter device info --port usb:303a:1001
with 3 '' device info --port auto
with 1 adapter device info --port mac:nonsense
