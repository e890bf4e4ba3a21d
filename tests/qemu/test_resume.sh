#!/bin/bash
# A production job is cut all over: by killing espseal, and by killing the chip. The same command finishes it.
set -euo pipefail
# shellcheck disable=SC2034 # for lib.sh
WHAT="finishing a job that was cut, on an emulated ESP32-C3"
# shellcheck source=tests/qemu/lib.sh
. "$SOURCE/tests/qemu/lib.sh"
RANDOM=20260
given_identity
mkfifo "$work/trace"

job=(provision --chip esp32c3 --mode production --ca-cert "$work/ca.pem" --device-cert "$work/device.pem"
    --private-key "$work/device.key" --firmware "0x0=$hello" --confirm burn)

# cut NAME FRAME VICTIM: starts the job and kills -9 the host's process or the chip when the trace shows that frame
cut() {
    local name=$1 frame=$2 victim=$3 line pid target count=0
    "$espseal" "${job[@]}" --port "$(device)" --trace - >"$work/out" 2>"$work/trace" </dev/null &
    pid=$!
    target=$pid
    : >"$work/err"
    [ "$victim" = host ] || target=$qemu_pid
    while IFS= read -r line; do
        echo "$line" >>"$work/err"
        [[ $line == *" > "* || $line == *" < "* ]] || continue
        count=$((count + 1))
        [ "$count" -ne "$frame" ] || kill -KILL "$target" 2>/dev/null || true
    done <"$work/trace"
    status=0
    wait "$pid" 2>/dev/null || status=$?
    [ "$victim" = host ] || power_on "$name"
    frames=$count
}

# finishes NAME: what a person does after a cut
finishes() {
    run 0 "$espseal" "${job[@]}" --port "$(device)"
    proves
    used=$(fuses "$1" '[.keys[] | select(.purpose != "USER" or .content != "blank")] | "\(length) \(.[0].content)"')
    [ "$used" = "1 hidden" ] || fail "$1: key blocks in use: $used"
}

name=whole
new_chip "$name"
power_on "$name"
cut "$name" 0 host
[ "$status" -eq 0 ] || fail "the job fails when nothing is cut"
total=$frames
[ "$total" -ge 100 ] || fail "only $total frames in the trace"

cuts=14
for ((i = 0; i < cuts; i++)); do
    name=cut$i
    victim=host
    ((i % 3 != 2)) || victim=chip
    frame=$((1 + total * i / cuts + RANDOM % (total / cuts)))
    new_chip "$name"
    power_on "$name"
    cut "$name" "$frame" "$victim"
    # A cut at the very end may find that all was done.
    [ "$status" -ne 0 ] || [ "$frame" -gt $((total - 40)) ] || fail "cut at frame $frame of $total, the job ends well"
    ((i % 2)) || power_on "$name"
    finishes "$name"
    rm -f "$work/$name".*
done

# One chip, and somebody who pulls the plug again and again, a little later each time.
name=patience
new_chip "$name"
power_on "$name"
for ((frame = 30; frame < total; frame += 45)); do
    cut "$name" "$frame" host
    [ "$status" -ne 0 ] || break
done
finishes "$name"
boots "$name"
echo "$cuts cuts in $total frames"
