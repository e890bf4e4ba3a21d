#!/bin/sh
# The generated eFuse tables are what the generator prints from the facts, where the facts are at hand.
set -eu

facts=${ESPSEAL_FACTS:-$SOURCE/../shared/facts}
if [ ! -d "$facts/efuse" ]; then
    echo "SKIPPED: no facts at $facts (set ESPSEAL_FACTS); the committed tables were not compared"
    exit 77
fi
generated=$(mktemp)
trap 'rm -f "$generated"' EXIT
for table in "$SOURCE"/src/chip/efuse_*.c; do
    chip=$(basename "$table" .c)
    chip=${chip#efuse_}
    "$SOURCE/src/chip/generate_efuse_table.py" "$facts/efuse/$chip.csv" >"$generated"
    cmp "$generated" "$table"
    echo "$chip: same as the facts"
done
