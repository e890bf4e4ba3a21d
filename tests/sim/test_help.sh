#!/bin/sh
# --help, the man page and the program know the same options.
set -eu
options() { grep -oE -- "$1" | grep -oE '[a-z][a-z-]*' | sort -u; }
help=$("$BIN/espseal-sim" --help | options '^  --[a-z-]+')
code=$(options '^ *\{"[a-z-]+", (no|required)_argument' <"$SOURCE/src/sim/main.c" |
    grep -vxE 'no|required|argument')
man=$(sed -nE 's/^\.It Fl -([a-z-]+).*/\1/p' "$SOURCE/man/espseal-sim.1" | sort -u)
[ -n "$help" ]
[ "$help" = "$man" ] || { echo "help and man page differ:"; echo "$help"; echo "--"; echo "$man"; exit 1; }
[ "$help" = "$code" ] || { echo "help and program differ:"; echo "$help"; echo "--"; echo "$code"; exit 1; }
rules=$("$BIN/espseal-sim" --help | sed -nE 's/^ {27}([a-z]+:[a-z]+)=.*/\1/p' | sort)
documented=$(sed -nE 's/^\.It Cm ([a-z]+:[a-z]+)=.*/\1/p' "$SOURCE/man/espseal-sim.1" | sort)
[ -n "$rules" ] && [ "$rules" = "$documented" ]
for rule in $rules; do
    extra=
    [ "$rule" = delay:frame ] && extra=:ms=1
    "$BIN/espseal-sim" --chip esp32c3 --fault "$rule=1$extra" </dev/null >/dev/null
done
