#!/bin/bash
# The simulator's fuses and flash are the emulator's: what one provisioned the other proves, and boots.
set -euo pipefail
# shellcheck disable=SC2034 # for lib.sh
WHAT="moving a device's state between espseal-sim and the emulated ESP32-C3"
# shellcheck source=tests/qemu/lib.sh
. "$SOURCE/tests/qemu/lib.sh"
make_ca

simulated() {
    printf 'sim:esp32c3?efuse=%s&flash=%s' "$work/$1.efuse" "$work/$1.flash"
}

# provision PORT MODE
provision() {
    run 0 "$espseal" provision --port "$1" --chip esp32c3 --mode "$2" --ca-cert "$work/ca.pem" --ca-key "$work/ca.key" \
        --subject '/CN={mac}' --firmware "0x0=$hello" --confirm burn
}

for mode in development production; do
    # from the simulator into the emulator
    name=sim_$mode
    new_chip "$name"
    provision "$(simulated "$name")" "$mode"
    cp "$work/$name.efuse" "$work/$name.copy"
    power_on "$name"
    proves
    provision "$(device)" "$mode"
    same_fuses "$name" "$name.copy"
    boots "$name"
    same_fuses "$name" "$name.copy"

    # from the emulator into the simulator
    name=qemu_$mode
    new_chip "$name"
    power_on "$name"
    provision "$(device)" "$mode"
    power_off
    cp "$work/$name.efuse" "$work/$name.copy"
    run 0 "$espseal" prove --port "$(simulated "$name")"
    says 'proven: '
    provision "$(simulated "$name")" "$mode"
    same_fuses "$name" "$name.copy"
done

# Begun in one and finished in the other: a development device becomes a production device.
power_on sim_development
provision "$(device)" production
proves
[ "$(fuses sim_development '.keys[0].readable')" = false ] || fail "the key is still readable"
