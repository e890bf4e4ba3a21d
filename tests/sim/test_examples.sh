#!/bin/bash
# Each example profile seals a simulated chip by one command; the same command again, and one after a power cut, find
# their way; what starts from flash is what the profile gave.
set -euo pipefail
espseal=$BIN/espseal
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/cli/profiles.sh
. "$SOURCE/tests/cli/profiles.sh"
cd "$work"
fail() {
    echo "FAIL: $*"
    cat err
    exit 1
}
: >err
count=0
for example in "$SOURCE"/examples/*.json; do
    name=$(basename "$example" .json)
    chip=$(sed '/^ *\/\//d' "$example" | jq -r .chip)
    mkdir "$name"
    cp "$example" "$name/"
    (cd "$name" && profile_files "$chip" "$(profile_key_type "$name")") || fail "the inputs of $name could not be made"
    options=
    [ "$chip" != esp32 ] || options='&revision=3.0'
    port="sim:$chip?efuse=$name/efuse.bin&flash=$name/flash.bin$options"
    run=(provision --profile "$name/$name.json" --confirm burn --json)

    "$espseal" provision --profile "$name/$name.json" --port "$port" --dry-run --json >"$name/plan.json" 2>err ||
        fail "$name: a dry run exits $?"
    jq -e '[.steps[] | select(.irreversible)] | length > 0' "$name/plan.json" >out || fail "$name burns nothing"
    jq -e '[.steps[] | select(.irreversible) | .burns | length > 0] | all' "$name/plan.json" >out ||
        fail "$name: the plan does not name every bit that it burns"
    [ ! -e "$name/records" ] || fail "$name: a dry run leaves a record"

    # the power goes in the middle of the job, then the same command
    status=0
    "$espseal" "${run[@]}" --port "$port&fault=power:burn=3" >out 2>err </dev/null || status=$?
    [ "$status" -ne 0 ] || fail "$name: the power cut went unseen"
    "$espseal" "${run[@]}" --port "$port" >receipt.json 2>err </dev/null || fail "$name exits $?"
    jq -e '.result == "done"' receipt.json >out || fail "$name: the receipt is $(cat receipt.json)"
    [ -n "$(find "$name/records" -name 'receipt*.json')" ] || fail "$name leaves no record beside the profile"

    # done is done, as long as the chip still talks
    cp "$name/efuse.bin" "$name/flash.bin" "$work/"
    status=0
    "$espseal" provision --profile "$name/$name.json" --port "$port" --json >again.json 2>err </dev/null || status=$?
    if [ "$(sed '/^ *\/\//d' "$example" | jq -r .lockdown.download)" = off ]; then
        [ "$status" -eq 3 ] || [ "$status" -eq 5 ] || fail "$name: a chip without download mode exits $status"
    else
        [ "$status" -eq 0 ] || fail "$name: the second run exits $status"
        jq -e '.result == "done" and .steps == []' again.json >out || fail "$name: the second run is $(cat again.json)"
    fi
    cmp -s "$name/efuse.bin" efuse.bin || fail "$name: the second run burns"
    cmp -s "$name/flash.bin" flash.bin || fail "$name: the second run writes"

    # flash holds no plaintext of the images once it is encrypted
    offset=$(sed '/^ *\/\//d' "$example" | jq -r '.firmware[0].offset')
    if cmp -s -n 64 -i "0:$((offset))" "$name/bootloader.bin" "$name/flash.bin"; then
        fail "$name: the bootloader is in flash in clear"
    fi
    # what lies there starts, by the verdicts that the simulator shares with the real ROMs
    "$BIN/espseal-sim" --chip "$chip" --boot --efuse "$name/efuse.bin" --flash "$name/flash.bin" >boot.txt 2>err || {
        cat boot.txt
        fail "$name does not start"
    }

    # the audit is clean for what the profile promises, and names what it does not
    told=()
    [ "$chip" != esp32 ] || told=(--revision 3.0)
    "$espseal" audit --chip "$chip" --efuse-file "$name/efuse.bin" --flash-file "$name/flash.bin" "${told[@]}" --json \
        >audit.json 2>err || fail "$name: the audit exits $?"
    case $name in
    development-*) missed='SB-ENABLED FE-RELEASE FE-KEY ID-KEY DBG-JTAG DBG-USB-JTAG DBG-ROM-LOG DL-MODE DL-USB DL-FORCED DL-DIRECT' ;;
    *-ecdsa) missed='SB-SCHEME DBG-ROM-LOG' ;; # ESP-IDF calls that scheme not functional there
    production-esp32) missed= ;;               # whose ROM cannot be silenced
    *) missed=DBG-ROM-LOG ;;
    esac
    seen=$(jq -r '[.checks[] | select(.verdict == "fail") | .id] | join(" ")' audit.json)
    [ "$seen" = "${missed:+$missed }AR-ENABLED OTA-SLOTS" ] || fail "$name: the audit misses $seen"
    jq -e '[.checks[] | select(.verdict == "unknown" and .level != "advice")] == []' audit.json >out ||
        fail "$name: unknown to the audit: $(cat out)"
    count=$((count + 1))
done
[ "$count" -ge 8 ] || fail "only $count examples"

# power goes between the read-protections of two keys: the first one's escrow is the only copy, and stays
name=production-esp32c3
cut=0
for burn in 11 12 13; do
    rm -rf cut
    mkdir cut
    cp $name/*.pem $name/*.key $name/*.bin $name/$name.json cut/
    rm -f cut/efuse.bin cut/flash.bin
    port='sim:esp32c3?efuse=cut/efuse.bin&flash=cut/flash.bin'
    run=(provision --profile "cut/$name.json" --confirm burn)
    "$espseal" "${run[@]}" --port "$port&fault=power:burn=$burn" >out 2>err </dev/null && break
    first=$(sha256sum cut/records/*/escrow.pem)
    "$espseal" "${run[@]}" --port "$port" >out 2>err </dev/null || fail "a cut in burn $burn is not finished"
    [ -e "$(echo cut/records/*/escrow-2.pem)" ] || continue
    cut=$((cut + 1))
    [ "$first" = "$(sha256sum cut/records/*/escrow.pem)" ] || fail "the escrow file of before burn $burn is lost"
    "$espseal" unlock cut/records/*/escrow.pem --key cut/escrow.key --kind flash_encryption --out cut/flash.key 2>err ||
        fail "the flash-encryption key of before burn $burn is lost"
done
[ "$cut" -gt 0 ] || fail 'no cut fell between two read-protections'

# who may, reflashes a board in secure download mode, and it starts; with another app it does not
name=production-esp32c3
port="sim:esp32c3?efuse=$name/efuse.bin&flash=$name/flash.bin"
"$espseal" unlock $name/records/*/escrow.pem --key $name/escrow.key --kind flash_encryption --out flash.key 2>err ||
    fail 'the escrowed key does not open'
reflash() {
    "$espseal" flash write "0x0=$1" --encrypt-with flash.key --partition-table $name/partition-table.bin --assume-size 4MB \
        --no-verify --allow FL-KEY-DOUBT "${@:2}" --port "$port" >out 2>err || fail "$1 is not written"
}
boots() { "$BIN/espseal-sim" --chip esp32c3 --boot --efuse $name/efuse.bin --flash $name/flash.bin >boot.txt 2>&1; }
reflash $name/bootloader.bin
boots || fail 'a reflashed board does not start'
cp $name/bootloader.bin flipped.bin
printf 'x' | dd of=flipped.bin bs=1 seek=50 conv=notrunc status=none
reflash flipped.bin --allow FL-UNSIGNED --allow FL-DAMAGED
if boots; then
    fail 'a flipped byte starts'
fi

# in secure download mode the ROM tells the counter: a chip in development mode is not taken for a released one
cp $name/efuse.bin spoilt.bin
byte=$(od -An -tu1 -j10 -N1 spoilt.bin)
[ $(((byte >> 2) & 7)) -eq 7 ] || fail "the counter of $name is not at its maximum"
printf '%b' "$(printf '\\x%02x' $(((byte & ~28) | 4)))" | dd of=spoilt.bin bs=1 seek=10 conv=notrunc status=none
status=0
"$espseal" provision --profile "$name/$name.json" --port "sim:esp32c3?efuse=spoilt.bin&flash=$name/flash.bin" >out 2>err \
    </dev/null || status=$?
[ "$status" -eq 5 ] || fail "a chip in development mode passes for a released one (exit $status)"
grep -q 'flash encryption in development mode' err || fail 'it does not say why'
