#!/bin/bash
# The proof that counts: a blank chip is sealed by one command with an example profile, cut on the way and resumed, and
# its real ROM decrypts, verifies and starts our image; a changed byte and an image without signature are refused.
set -euo pipefail
# shellcheck source=tests/qemu/lib_sealing.sh
. "$SOURCE/tests/qemu/lib_sealing.sh"

# The power goes while the steps run; the same command finishes them.
cut_and_resume() {
    power_on
    "$espseal" provision --profile profile.json "${device[@]}" --confirm burn >out 2>&1 </dev/null &
    local command=$! i
    for ((i = 0; i < 600; i++)); do
        ! grep -q " $1/[0-9]* " out 2>/dev/null || break
        sleep 0.02
    done
    power_off
    wait "$command" && fail "a run whose chip went away succeeds"
    seal 0
}

chip=none
run_inputs
tested='' count=0
# CHIP QEMU DOWNLOAD BOOT BOOTLOADER STEPS
while read -r chip qemu download boot bootloader steps; do
    if ! "$qemu" -machine help 2>/dev/null | grep -q "^$chip "; then
        echo "SKIP: sealing was not tested on the ROM of the $chip: no $qemu with that machine on PATH"
        continue
    fi
    tested=1
    for name in bootloader app; do
        run 0 secure-boot sign "$SOURCE/tests/qemu/hello-$chip.bin" --key signing-key.pem --out $name.bin --force
    done
    cp "$SOURCE/examples/production-$chip.json" profile.json

    blank
    seal 0
    says 'cannot be undone: '
    boots
    if [ "$chip" != esp32 ]; then
        cp efuse before
        power_on
        run 0 provision --profile profile.json "${device[@]}" --confirm burn
        says 'nothing to do'
        power_off
        cmp -s efuse before || fail "the second run burns"
    fi

    # a byte of the bootloader, in a place that its checksum covers
    cp flash whole
    printf '\x5a' | dd of=flash bs=1 seek=$((bootloader + 96)) conv=notrunc status=none
    refuses 'a changed image'
    # plain, and without signature
    dd if="$SOURCE/tests/qemu/hello-$chip.bin" of=flash bs=1 seek=$((bootloader)) conv=notrunc status=none
    refuses 'a plain image'
    cp whole flash
    boots

    for step in ${steps//,/ }; do
        blank
        cut_and_resume "$step"
        boots
        count=$((count + 1))
    done
done <<'CHIPS'
esp32c3 qemu-system-riscv32 0x02 0x08 0x0 2,9,18
esp32s3 qemu-system-xtensa 0x07 0x08 0x0 5,16
esp32 qemu-system-xtensa 0x0f 0x12 0x1000 1,4,7
CHIPS
[ -n "$tested" ] || exit 77
echo "PASS: sealed, started, refused; cut and resumed $count times"
