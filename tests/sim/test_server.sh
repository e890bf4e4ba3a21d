#!/bin/sh
# The program: where it listens, what it keeps, and with what status it ends.
set -eu
dir=$(mktemp -d)
sim=
cleanup() {
    [ -z "$sim" ] || kill "$sim" 2>/dev/null || true
    rm -rf "$dir"
}
trap cleanup EXIT
fail() { echo "$1" >&2; exit 1; }
status() { # command...: its exit status
    set +e
    "$@" >"$dir/out" 2>"$dir/err" </dev/null
    echo $?
    set -e
}
bytes() { # hex: the bytes
    rest=$1
    while [ -n "$rest" ]; do
        two=${rest%"${rest#??}"}
        rest=${rest#??}
        # shellcheck disable=SC2059 # the format is the byte
        printf "\\$(printf %03o "0x$two")"
    done
}

# a wrong command line is status 2, names the thing and starts nothing
[ "$(status "$BIN/espseal-sim")" = 2 ] || fail "no chip"
[ "$(status "$BIN/espseal-sim" --chip esp32c9)" = 2 ] || fail "unknown chip"
grep -q esp32c9 "$dir/err" || fail "the chip is not named"
[ "$(status "$BIN/espseal-sim" --chip esp32p4 --revision 3)" = 2 ] || fail "half a revision"
[ "$(status "$BIN/espseal-sim" --chip esp32p4 --revision 1.3x)" = 2 ] || fail "more than a revision"
[ "$(status "$BIN/espseal-sim" --chip esp32c3 --listen 0.0.0.0:0)" = 2 ] || fail "listens to the network"
[ "$(status "$BIN/espseal-sim" --chip esp32c3 --pty --stdio)" = 2 ] || fail "two modes"
[ "$(status "$BIN/espseal-sim" --chip esp32c3 --mac 1:2:3)" = 2 ] || fail "bad mac"
[ "$(status "$BIN/espseal-sim" --chip esp32c3 --fault cut:frame=0)" = 2 ] || fail "bad fault"
[ "$(status "$BIN/espseal-sim" --chip esp32c3 --flash-size 100000)" = 2 ] || fail "bad flash size"
[ "$(status "$BIN/espseal-sim" --chip esp32c3 --efuse "$dir/no/efuse")" = 1 ] || fail "no such folder"

# end of input ends it; the banner is the first that it says; files are made blank
"$BIN/espseal-sim" --chip esp32c3 --efuse "$dir/e" --flash "$dir/f" --flash-size 65536 \
    --mac 02:00:00:0a:0b:0c </dev/null >"$dir/out"
head -n 1 "$dir/out" | grep -q ESP-ROM:esp32c3 || fail "no banner"
[ "$(wc -c <"$dir/e") $(wc -c <"$dir/f")" = "1024 65536" ] || fail "sizes"
od -An -tx1 -j24 -N6 "$dir/e" | grep -q '0c 0b 0a 00 00 02' || fail "mac"

# power lost in a burn: status 3, and the file holds some of the bits
burn() { # fault: burns FF into the first byte of KEY0
    {
        bytes c0000910000000000000880060ff000000ffffffff00000000c0
        bytes c00009100000000000cc8900605a5a0000ffffffff00000000c0
        bytes c00009100000000000d489006012000000ffffffff00000000c0
    } >"$dir/in"
    set +e
    "$BIN/espseal-sim" --chip esp32c3 --efuse "$dir/e" --fault "$1" <"$dir/in" >/dev/null
    echo $?
    set -e
}
[ "$(burn power:burn=1:bits=3)" = 3 ] || fail "power cut"
byte=$(od -An -tu1 -j112 -N1 "$dir/e" | tr -d ' ')
bits=0
while [ "$byte" -gt 0 ]; do
    bits=$((bits + byte % 2))
    byte=$((byte / 2))
done
[ "$bits" = 3 ] || fail "burned $bits bits, not 3"
[ "$(burn '')" = 0 ] || fail "burn"
od -An -tx1 -j112 -N1 "$dir/e" | grep -q ff || fail "the rest of the bits"

# a fuse file belongs to one simulator; TCP is told on the first line
"$BIN/espseal-sim" --chip esp32c3 --listen 127.0.0.1:0 --efuse "$dir/e" >"$dir/port" &
sim=$!
while ! [ -s "$dir/port" ]; do sleep 0.05; done
grep -qE '^socket://127\.0\.0\.1:[0-9]+$' "$dir/port" || fail "port: $(cat "$dir/port")"
[ "$(status "$BIN/espseal-sim" --chip esp32c3 --efuse "$dir/e")" = 1 ] || fail "two on one file"
grep -q 'in use' "$dir/err" || fail "busy is not said"
kill -9 "$sim"
wait "$sim" 2>/dev/null || true
sim=

# a signal ends a pty with status 0
"$BIN/espseal-sim" --chip esp32c3 --pty >"$dir/pty" &
sim=$!
while ! [ -s "$dir/pty" ]; do sleep 0.05; done
[ -c "$(cat "$dir/pty")" ] || fail "no terminal at $(cat "$dir/pty")"
kill "$sim"
wait "$sim" || fail "a signal is no error"
sim=
