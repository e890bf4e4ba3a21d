#!/bin/bash
# What a seal is worth: blank chips are sealed by one command, and their real ROMs start what is signed and refuse what is
# not, all of it encrypted with the chip's own key as escrow gives it back, so that the signature alone decides. The fuses
# are those that the simulator gets from the same inputs. After kill -9 of chip or host the same command finishes the job.
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

chip=none
run_inputs
mkfifo trace
for name in second stranger; do
    run 0 secure-boot keygen --type rsa:3072 --out $name.pem --public-out $name.pub.pem
done
printf 'a key that signs for the device!' >device.hmac
printf 'a key that hides what NVS holds!' >nvs.hmac
tested='' count=0
# CHIP QEMU DOWNLOAD BOOT BOOTLOADER CUTS, these in hundredths of the whole job
while read -r chip qemu download boot bootloader cuts; do
    if ! "$qemu" -machine help 2>/dev/null | grep -q "^$chip "; then
        echo "SKIP: sealing was not tested on the ROM of the $chip: no $qemu with that machine on PATH"
        continue
    fi
    tested=1
    hello=$SOURCE/tests/qemu/hello-$chip.bin
    run 0 secure-boot sign "$hello" --key signing-key.pem --out bootloader.bin --force
    cp bootloader.bin app.bin
    cp bootloader.bin bootloader2.bin
    # as long as the signed one, lest that one's signature stay behind it
    head -c "$(stat -c %s bootloader.bin)" /dev/zero | tr '\0' '\377' >unsigned.bin
    dd if="$hello" of=unsigned.bin conv=notrunc status=none
    run 0 secure-boot sign "$hello" --key stranger.pem --out stranger.bin --force
    settings=()
    cp "$SOURCE/examples/production-$chip.json" profile.json
    if [ "$chip" != esp32 ]; then
        sed -i 's/{"key": "signing-key.pub.pem"}/&, {"key": "second.pub.pem"}/' profile.json
        run 0 secure-boot sign "$hello" --key second.pem --out bootloader2.bin --force
        settings=(--set identity.hmac_key=device.hmac --set nvs_encryption.key=nvs.hmac)
    fi

    blank
    seal 0
    boots
    run 0 unlock --key escrow.key --out flash.key --kind flash_encryption --force records/*/*escrow*
    only_the_signed_start
    as_simulated

    cut host 0
    [ "$status" = 0 ] || fail "the job fails when nothing is cut"
    total=$frames
    for place in ${cuts//,/ }; do
        cut "${place%%:*}" $((total * ${place#*:} / 100))
        [ "$status" != 0 ] || fail "cut at $place of $total frames, the job ends well"
        seal 0
        boots
        count=$((count + 1))
    done
done <<'CHIPS'
esp32c3 qemu-system-riscv32 0x02 0x08 0x0 chip:35,host:50,chip:80,host:95
esp32s3 qemu-system-xtensa 0x07 0x08 0x0 host:60,chip:90
esp32 qemu-system-xtensa 0x0f 0x12 0x1000 host:55,chip:85
CHIPS
[ -n "$tested" ] || exit 77
echo "PASS: only what is signed starts; the simulator burns the same; killed and finished $count times"
