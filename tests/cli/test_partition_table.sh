#!/bin/bash
# `espseal partition-table`: CSV and binary both ways, checks, and the table in a chip's flash.
set -euo pipefail
# shellcheck source=tests/cli/lib.sh
. "$SOURCE/tests/cli/lib.sh"
vectors=$SOURCE/tests/vectors/partition_table
cd "$work"
# table STATUS WORD...
table() {
    local want=$1 status=0
    shift
    "$espseal" partition-table "$@" >out 2>err || status=$?
    [ "$status" -eq "$want" ] || fail "partition-table $* exits $status, not $want"
}

# there and back, byte for byte
table 0 encode "$vectors/two_ota/in.csv" --out table.bin
cmp table.bin "$vectors/two_ota/out.bin" || fail "encoding two_ota"
table 0 decode table.bin
cmp out "$vectors/two_ota/back.csv" || fail "decoding two_ota"
table 0 decode table.bin --out back.csv
cmp back.csv "$vectors/two_ota/back.csv" || fail "decoding into a file"
table 2 decode table.bin --out back.csv
grep -q 'back.csv exists already' err || fail "a file was replaced"
table 0 decode - <table.bin
table 0 encode - --out - --no-md5 <"$vectors/opt_no_md5/in.csv"
cmp out "$vectors/opt_no_md5/out.bin" || fail "--no-md5"
table 0 encode "$vectors/opt_bootloader/in.csv" --out boot.bin --bootloader-offset 0x1000 --recovery-offset 0x200000
cmp boot.bin "$vectors/opt_bootloader/out.bin" || fail "--bootloader-offset"
table 0 encode "$vectors/opt_extra_subtypes/in.csv" --out extra.bin --subtype app,my_app,0x40
cmp extra.bin "$vectors/opt_extra_subtypes/out.bin" || fail "--subtype"
table 0 encode "$vectors/opt_offset_10000/in.csv" --out moved.bin --table-offset 0x10000
cmp moved.bin "$vectors/opt_offset_10000/out.bin" || fail "--table-offset"
table 0 encode "$vectors/name_truncated/in.csv" --out name.bin
grep -q 'warning: .*cut to 16 characters' err || fail "a name is cut silently"
table 0 decode "$vectors/bin_unknown_flags/in.bin"
grep -q 'warning: .*flags 0x84' err || fail "unknown flags are dropped silently"

# rules
table 2 encode "$vectors/err_misaligned_app/in.csv" --out bad.bin
grep -q 'its offset 0x11000 is not a multiple of 0x10000' err || fail "alignment"
[ ! -e bad.bin ] || fail "a bad table was written"
table 0 encode "$vectors/err_misaligned_app/in.csv" --out bad.bin --no-check
cmp bad.bin "$vectors/err_noverify_accepts/out.bin" || fail "--no-check"
table 2 check bad.bin
table 0 check "$vectors/two_ota/in.csv"
table 2 check "$vectors/two_ota/in.csv" --flash-size 4MB
grep -q 'pdb38db.*beyond the end of the flash (0x400000)' err || fail "--flash-size"
table 0 check "$vectors/two_ota/in.csv" --flash-size 8m
table 1 check "$vectors/two_ota/in.csv" --flash-size 4parsecs
table 1 encode "$vectors/opt_extra_subtypes/in.csv" --out more.bin --subtype app,my_app
table 2 check "$vectors/err_bin_md5/in.bin"
table 2 encode "$vectors/err_bad_flag/in.csv" --out bad2.bin
grep -q 'in.csv, line 2: "secret" is no flag' err || fail "the line of a mistake"
table 2 show nowhere.csv
table 1 show
table 1 show table.bin --port sim:esp32c3

# on a chip
port='sim:esp32c3?flash=flash.bin'
table 2 show --port "$port"
grep -q 'there is no partition table: the flash is erased there' err || fail "erased flash"
"$espseal" partition-table encode "$vectors/single_app/in.csv" --out single.bin
"$espseal" flash write 0x8000=single.bin --port "$port" >out 2>err || fail "writing a table"
table 0 show --port "$port" --json
[ "$(jq -r '.partitions | map(.name) | join(" ")' out)" = 'nvs phy_init factory' ] || fail "JSON of a chip's table"
[ "$(jq -r '.partitions[2] | .type, .subtype, .offset, .size' out | paste -sd ' ')" = 'app factory 65536 1966080' ] ||
    fail "an entry of a chip's table"
table 0 show --port "$port"
grep -q '^factory *app *factory *0x010000 *0x1f0000 *1920 KiB' out || fail "a chip's table for people"
table 0 check --port "$port"
grep -q '3 partitions, all rules kept, all within the flash' out || fail "checking a chip"
table 0 decode --port "$port"
cmp out "$vectors/single_app/back.csv" || fail "a chip's table as CSV"
"$espseal" flash write 0x8000="$vectors/two_ota/out.bin" --port "$port" >out 2>err || fail "writing another table"
table 2 check --port "$port"
grep -q 'beyond the end of the flash' err || fail "a table that is larger than its chip"
