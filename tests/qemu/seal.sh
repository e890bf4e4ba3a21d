#!/bin/bash
# What a seal is worth: a blank chip is sealed by one command with its example profile, and its real ROM decrypts, verifies and
# starts what is signed, and refuses what is not, all of it encrypted with the chip's own key as escrow gives it back, so that
# the signature alone decides. The fuses are those that the simulator gets from the same inputs. Once done, nothing is left to
# do; after kill -9 of chip or host the same command finishes the job.
# usage: seal.sh CHIP QEMU DOWNLOAD BOOT BOOTLOADER VICTIM:PLACE... (hundredths of the whole job)
set -euo pipefail
# shellcheck source=tests/qemu/lib_sealing.sh
. "$SOURCE/tests/qemu/lib_sealing.sh"

# put FILE: where the ROM looks, encrypted with the key that escrow gave back
put() {
    run 0 flash-encryption encrypt "$1" --chip "$chip" --key flash.key --address "$bootloader" --pad --force --out cipher
    cp whole flash
    dd if=cipher of=flash bs=4096 seek="$((bootloader / 4096))" conv=notrunc status=none
}

# flipped FILE BYTE: a copy named bad, with one bit changed
flipped() {
    local byte
    cp "$1" bad
    byte=$(xxd -s "$2" -l 1 -p bad)
    printf '%b' "\\x$(printf %02x $((0x$byte ^ 1)))" | dd of=bad bs=1 seek="$2" conv=notrunc status=none
}

only_the_signed_start() {
    cp flash whole
    put bootloader.bin
    cmp -s flash whole || fail "the host's ciphertext is not what was sealed in"
    put bootloader2.bin; boots
    put unsigned.bin; refuses 'an unsigned image'
    put stranger.bin; refuses 'an image of another key'
    cp whole flash
    dd if="$hello" of=flash bs=4096 seek="$((bootloader / 4096))" conv=notrunc status=none
    refuses 'a plain image'
    cp whole flash
    printf '\x5a' | dd of=flash bs=1 seek="$((bootloader + 96))" conv=notrunc status=none
    refuses 'changed ciphertext'
    flipped bootloader.bin 60; put bad; refuses 'a changed image'
    flipped bootloader.bin 5000; put bad; refuses 'a changed signature'
    cp whole flash
    [ "$chip" != esp32 ] || return 0 # one key, which cannot be revoked
    cp efuse sealed
    run 0 efuse burn SECURE_BOOT_KEY_REVOKE0 --efuse-file efuse --chip "$chip" --confirm burn
    refuses 'an image of a revoked key'
    put bootloader2.bin; boots
    cp sealed efuse
    cp whole flash
}

# The simulator gets the same keys, and must end with the same bits. Behind the 336 bytes of the blocks it keeps their check
# bytes, which the emulator does not model.
as_simulated() {
    cp efuse sealed
    cp flash whole
    blank
    rm -rf records
    run 0 provision --profile profile.json --port "sim:$chip?efuse=$work/efuse&flash=$work/flash" "${settings[@]}" \
        --set flash_encryption.key=flash.key --confirm burn
    says 'cannot be undone: '
    cmp -s -n 336 efuse sealed || fail "the simulator's fuses differ: $(cmp -l -n 336 efuse sealed | head -n 20)"
    cp sealed efuse
    cp whole flash
}

# cut VICTIM FRAME: kill -9 of it when the trace shows that frame; 0: never. Leaves frames and status.
cut() {
    local victim=$1 line command
    frames=0 status=0
    blank
    rm -rf records
    power_on
    "$espseal" provision --profile profile.json "${device[@]}" "${settings[@]}" --confirm burn --trace - \
        >out 2>trace </dev/null &
    command=$!
    [ "$victim" != chip ] || victim=$pid
    [ "$victim" != host ] || victim=$command
    while IFS= read -r line; do
        # how often it is asked whether a burn is done depends on the host
        [[ $line == *" "[\<\>]" "* && $line != *READ_REG* ]] || continue
        [ $((++frames)) -ne "$2" ] || kill -KILL "$victim" 2>/dev/null || true
    done <trace
    wait "$command" 2>/dev/null || status=$?
}

nothing_is_left_to_do() {
    [ "$chip" != esp32 ] || return 0 # no download mode is left
    cp efuse before
    power_on
    run 0 provision --profile profile.json "${device[@]}" "${settings[@]}" --confirm burn
    says 'nothing to do'
    power_off
    cmp -s efuse before || fail "the second run burns"
}

chip=$1 qemu=$2 download=$3 boot=$4 bootloader=$5
shift 5
if ! "$qemu" -machine help 2>/dev/null | grep -q "^$chip "; then
    echo "SKIP: sealing was not tested on the ROM of the $chip: no $qemu with that machine (Espressif's has it) on PATH"
    exit 77
fi
run_inputs
mkfifo trace
for name in second stranger; do
    run 0 secure-boot keygen --type rsa:3072 --out $name.pem --public-out $name.pub.pem
done
printf 'a key that signs for the device!' >device.hmac
printf 'a key that hides what NVS holds!' >nvs.hmac
hello=$SOURCE/tests/qemu/hello-$chip.bin
run 0 secure-boot sign "$hello" --key signing-key.pem --out bootloader.bin
cp bootloader.bin app.bin
cp bootloader.bin bootloader2.bin
# as long as the signed one, lest that one's signature stay behind it
head -c "$(stat -c %s bootloader.bin)" /dev/zero | tr '\0' '\377' >unsigned.bin
dd if="$hello" of=unsigned.bin conv=notrunc status=none
run 0 secure-boot sign "$hello" --key stranger.pem --out stranger.bin
settings=()
cp "$SOURCE/examples/production-$chip.json" profile.json
if [ "$chip" != esp32 ]; then
    sed -i 's/{"key": "signing-key.pub.pem"}/&, {"key": "second.pub.pem"}/' profile.json
    run 0 secure-boot sign "$hello" --key second.pem --out bootloader2.bin --force
    settings=(--set identity.hmac_key=device.hmac --set nvs_encryption.key=nvs.hmac)
fi

cut host 0
[ "$status" = 0 ] || fail "the job fails when nothing is cut"
total=$frames
boots
nothing_is_left_to_do
run 0 unlock --key escrow.key --out flash.key --kind flash_encryption records/*/*escrow*
only_the_signed_start
as_simulated
for place; do
    cut "${place%%:*}" $((total * ${place#*:} / 100))
    [ "$status" != 0 ] || fail "cut at $place of $total frames, the job ends well"
    seal 0
    boots
done
echo "PASS: only what is signed starts on the $chip; the simulator burns the same; killed and finished $# times"
