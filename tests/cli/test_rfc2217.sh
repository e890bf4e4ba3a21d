#!/bin/bash
# espseal against the RFC 2217 server of pyserial, which most people run (esp_rfc2217_server is made of it too).
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
python=
for candidate in /usr/bin/python3 python3; do
    if [ -z "$python" ] && "$candidate" -c 'import serial.rfc2217' 2>/dev/null; then
        python=$candidate
    fi
done
[ -n "$python" ] || {
    echo "SKIP: no python3-serial: rfc2217:// was not tried against a server of others"
    exit 77
}
simulator=
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
cd "$work"
fail() {
    echo "FAIL: $*"
    cat out err server.err 2>/dev/null || true
    exit 1
}
# line FILE: its first line, once it is there
line() {
    for _ in $(seq 100); do
        [ ! -s "$1" ] || break
        sleep 0.05
    done
    head -n 1 "$1"
}
"$BIN/espseal-sim" --chip esp32c3 --pty --flash flash.bin --efuse efuse.bin >pty 2>sim.err &
simulator=$!
tty=$(line pty)
# remote STATUS WORD...: a server for one connection, and a command through it
remote() {
    local want=$1 status=0
    shift
    rm -f number
    "$python" "$SOURCE/tests/cli/rfc2217_server.py" "$tty" >number 2>server.err &
    server=$!
    "$espseal" "$@" --port "rfc2217://127.0.0.1:$(line number)" >out 2>err || status=$?
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
    [ "$status" -eq "$want" ] || fail "$* exits $status, not $want"
}
remote 0 device info --before no-reset
grep -q 'ESP32-C3' out || fail "another chip"
seq 1 20000 >data.bin
remote 0 flash write 0x10000=data.bin --before no-reset
remote 0 flash read 0x10000 "$(stat -c %s data.bin)" --out back.bin --before no-reset
cmp data.bin back.bin || fail "what was read is not what was written"
# with DTR and RTS, which reach no reset behind a pseudo-terminal, and a rate that the server is asked for
remote 0 device info --baud 230400
# bytes that telnet escapes
head -c 4096 /dev/zero | tr '\0' '\377' >ff.bin
printf '\377\300\333\377\377\xf0' >>ff.bin
remote 0 flash write 0x20000=ff.bin --no-compress --no-diff --before no-reset
remote 0 flash verify 0x20000=ff.bin --before no-reset
