#!/bin/bash
# A layer includes the headers of the layers it may use, as src/CMakeLists.txt says, and the external libraries
# that the design gives it.
set -euo pipefail
cd "$SOURCE"
bad=0
declare -A uses owner

complain() {
    echo "FAIL: $*"
    bad=1
}

# What each layer may use stands in one place only: its espseal_layer line (continued lines are joined).
while read -r name rest; do
    rest=${rest%%LIBRARIES*}
    uses[$name]=" $name ${rest#USES} "
done < <(sed -e ':a' -e '/espseal_layer([^)]*$/{N;ba}' -e 's/\n */ /g' src/CMakeLists.txt |
    sed -n 's/^espseal_layer(\([a-z]*\) *\(.*\))$/\1 \2/p')
[ "${#uses[@]}" -ge 9 ] || complain "src/CMakeLists.txt could not be read: ${!uses[*]}"

# A header belongs to the layer that has a source of its name. These have none, or are spread over several.
for layer_headers in 'format: nvs' 'crypto: key digest ds' 'chip: chip' 'link: link' 'rom: rom' 'efuse: efuse' 'seal: provision prove sealing'; do
    for header in ${layer_headers#*:}; do
        owner[$header.h]=${layer_headers%%:*}
    done
done
for path in include/espseal/*.h; do
    header=$(basename "$path")
    sources=(src/*/"${header%.h}".c)
    if [ -z "${owner[$header]:-}" ] && [ -e "${sources[0]}" ]; then
        owner[$header]=$(basename "$(dirname "${sources[0]}")")
    fi
    [ -n "${owner[$header]:-}" ] || complain "include/espseal/$header belongs to no layer: name it in $0"
done

# The simulator speaks the ROM's opcodes and is a link in tests: it reads these contracts, and is not linked with them.
uses[sim]+=' link rom '

for layer in "${!uses[@]}"; do
    [ -d "src/$layer" ] || continue
    while IFS=: read -r file header; do
        [[ ${uses[$layer]} == *" ${owner[$header]:-none} "* ]] ||
            complain "$file includes espseal/$header of layer ${owner[$header]:-none}"
    done < <(grep -rHo --include='*.[ch]' -E '#include [<"]espseal/[a-z0-9_]+\.h' "src/$layer" |
        sed -E 's/#include [<"]espseal\///')
    # Headers beside the sources are the layer's own; another layer's are out of reach.
    while IFS=: read -r file header; do
        [ -f "src/$layer/$header" ] || complain "$file includes \"$header\", which is not in src/$layer"
    done < <(grep -rHo --include='*.[ch]' -E '#include "[^"]+' "src/$layer" | grep -v '"espseal/' |
        sed -E 's/#include "//')
done

# library header pattern | files that may include it
while read -r pattern allowed; do
    while read -r file; do
        [[ $file =~ ^($allowed)$ ]] || complain "$file includes $pattern"
    done < <(grep -rlE --include='*.[ch]' "#include <($pattern)" src include)
done <<'LIBRARIES'
openssl/            src/base/secret\.c|src/(crypto|sim)/[a-z0-9_]+\.[ch]
cjson/|cJSON        src/format/json\.c
csv\.h              src/format/csv\.c
qrencode|png\.h     src/format/qr\.c
zlib\.h             src/format/deflate\.c|src/sim/[a-z0-9_]+\.c
libserialport       src/link/[a-z0-9_]+\.c
libusb              src/link/[a-z0-9_]+\.c
libsmartcols        src/cli/table\.c
LIBRARIES
exit "$bad"
