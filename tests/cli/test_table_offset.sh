#!/bin/bash
# A partition table that is not at 0x8000, as firmware has it whose signed bootloader needs more room than 28 KiB.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/profiles.sh
. "$SOURCE/tests/cli/profiles.sh"
cd "$work"
# says TEXT: on either stream.
says() {
    grep -qF -- "$1" out err || fail "nothing says '$1'"
}

profile_files esp32c3 || fail 'the inputs could not be made'
cat >table.csv <<'END'
nvs, data, nvs, 0x11000, 0x4000,
esp_secure_cert, 0x3f, , 0x15000, 0x2000,
factory, app, factory, 0x20000, 1M,
END
expect 2 partition-table encode table.csv --table-offset 0x12000 --out wrong.bin
expect 0 partition-table encode table.csv --table-offset 0x10000 --out partition-table.bin --force
sed '/^ *\/\//d' "$SOURCE/examples/production-esp32c3.json" |
    jq '.firmware[1].offset = "0x10000" | .firmware[2].offset = "0x20000" | .identity.offset = "auto"' >usual.json
jq '.table_offset = "0x10000"' usual.json >moved.json

# Nobody said so: refused before anything is burned, with what to say.
port='sim:esp32c3?efuse=efuse.bin&flash=flash.bin'
expect 2 provision --profile usual.json --port "$port" --confirm burn
says 'partition-table.bin is a partition table, and it is looked for at 0x8000'
says '"table_offset": "0x10000"'
says usual.json:
expect 2 profile check usual.json
says 'firmware[1].file: partition-table.bin is a partition table'
if [ -e efuse.bin ]; then
    expect 0 efuse summary --chip esp32c3 --efuse-file efuse.bin --json
    jq -e '[.keys[] | select(.content != "blank" or .purpose_value != 0)] == []' out >answer || fail 'fuses were burned'
fi
for at in 0x8001 0 0x4000000; do
    status=0
    "$espseal" provision --profile moved.json --set "table_offset=$at" --port "$port" --dry-run >out 2>answer || status=$?
    case $status in 1 | 2) ;; *) fail "table_offset=$at exits $status" ;; esac
done

expect 0 provision --profile moved.json --port "$port" --confirm burn --json
jq -e '.result == "done" and .identity.offset == "0x15000"' out >answer || jq -e '.result == "done"' out >answer || fail 'not done'
expect 0 audit --chip esp32c3 --efuse-file efuse.bin --flash-file flash.bin --table-offset 0x10000 --json
jq -e '[.checks[] | select(.id == "FE-PLAINTEXT" and .verdict == "pass")] | length == 1' out >answer || fail 'plaintext is found'
expect 0 audit --chip esp32c3 --efuse-file efuse.bin --flash-file flash.bin --json
jq -e '[.checks[] | select(.id == "FE-PLAINTEXT" and .verdict == "pass")] | length == 0' out >answer ||
    fail 'with the table at 0x8000 there is none'
expect 0 boot-check --chip esp32c3 --efuse-file efuse.bin --flash-file flash.bin --table-offset 0x10000

# In the clear: names of partitions wherever flash is asked, and the identity by the table.
plain='sim:esp32c3?efuse=plain-efuse.bin&flash=plain-flash.bin'
expect 0 flash write --port "$plain" --table-offset 0x10000 bootloader=image.bin partition-table=partition-table.bin factory=image.bin
expect 0 partition-table show --port "$plain" --table-offset 0x10000
says factory
expect 2 flash md5 factory --port "$plain"
says '--table-offset says where it is'
expect 0 flash md5 factory --port "$plain" --table-offset 0x10000
expect 0 flash verify --port "$plain" --table-offset 0x10000 factory=image.bin
expect 0 flash read factory --port "$plain" --table-offset 0x10000 --out read.bin
cmp -n "$(stat -c %s image.bin)" image.bin read.bin || fail 'another partition was read'
expect 0 provision --port "$plain" --chip esp32c3 --mode development --ca-cert ca.pem --ca-key ca.key --subject '/CN={mac}' \
    --offset auto --table-offset 0x10000 --confirm burn --out device
expect 0 prove --port "$plain" --offset auto --table-offset 0x10000
expect 0 secure-cert inspect --port "$plain" --offset auto --table-offset 0x10000
says CN=7cdfa15ea101
expect 0 flash erase nvs --port "$plain" --table-offset 0x10000
expect 1 flash erase nvs --port "$plain" --table-offset 0x10001
says CONFIG_PARTITION_TABLE_OFFSET
echo "the table at 0x10000: sealed, audited, read by names"
