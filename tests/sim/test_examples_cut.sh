#!/bin/bash
# Each example profile on a simulated chip of its kind, with the power cut in every one of its burns in turn: the same
# command finishes the device, or refuses with exit status 5 and names the block that the cut spoiled. Two at a time.
set -euo pipefail
espseal=$BIN/espseal
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/cli/profiles.sh
. "$SOURCE/tests/cli/profiles.sh"
cd "$work"

# cut_everywhere EXAMPLE: one line of result; fails when a cut leaves what the same command does not settle
cut_everywhere() {
    local example=$1 name chip options='' n status finished=0 refused=0
    name=$(basename "$example" .json)
    chip=$(sed '/^ *\/\//d' "$example" | jq -r .chip)
    mkdir "$name"
    cd "$name"
    cp "$example" .
    (profile_files "$chip" "$(profile_key_type "$name")") || {
        echo "FAIL: the inputs of $name could not be made"
        return 1
    }
    [ "$chip" != esp32 ] || options='&revision=3.0'
    for ((n = 1; n < 100; n++)); do
        rm -rf efuse.bin flash.bin records
        local port="sim:$chip?efuse=efuse.bin&flash=flash.bin$options"
        local run=("$espseal" provision --profile "$name.json" --confirm burn --json)
        status=0
        "${run[@]}" --port "$port&fault=power:burn=$n" >out 2>err </dev/null || status=$?
        [ "$status" -ne 0 ] || break # it has no such burn: the job is done
        status=0
        "${run[@]}" --port "$port" >out 2>err </dev/null || status=$?
        if [ "$status" -eq 0 ]; then
            finished=$((finished + 1))
            "$BIN/espseal-sim" --chip "$chip" --boot --efuse efuse.bin --flash flash.bin >boot 2>&1 || {
                echo "FAIL: $name, cut in burn $n, does not start:"
                cat boot
                return 1
            }
        elif [ "$status" -eq 5 ] && grep -q 'BLOCK' err; then
            refused=$((refused + 1))
        elif [ "$(sed '/^ *\/\//d' "$example" | jq -r .lockdown.download)" = off ] && [ "$status" -eq 3 ]; then
            finished=$((finished + 1)) # the last burn had closed the download mode
        else
            echo "FAIL: $name, cut in burn $n, exits $status:"
            cat err
            return 1
        fi
    done
    [ "$finished" -ge 3 ] || {
        echo "FAIL: $name was finished after $finished cuts only"
        return 1
    }
    echo "$name: cut in each of $((n - 1)) burns, finished $finished times, refused $refused times"
}

if [ $# -gt 0 ]; then # one example, for the processes that this test starts
    cut_everywhere "$1"
    exit
fi
printf '%s\0' "$SOURCE"/examples/*.json | xargs -0 -n 1 -P 2 "$0"
