#!/usr/bin/env python3
"""Makes the vectors of this folder from the cases of espefuse's virtual chips.

usage: compact.py CASES, a folder with one folder per case, each with a case.json and the files it names.
Writes runs.txt. A line of it is one of
  file NAME HEX              a key file that lines after it name
  case ID CHIP               what follows belongs to this case
  run NAME                   starts from a blank chip of that case
  op RC CLASS WORD...        a command line; CLASS is "-" or the kind of the reference's error
  put BLOCK HEX [RS]         programmed by it; RS: the check bytes of a coded block
  after BLOCK=HEX...         what the blocks hold after the run (read registers; hidden ones are zero)
"""
import json
import pathlib
import sys

CHIPS = {"esp32p4_rev1": "esp32p4@103", "esp32p4": "esp32p4@300"}


def main():
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(__file__).resolve().parent
    lines, seen = [], {}
    for path in sorted(source.glob("*/case.json")):
        case = json.loads(path.read_text())
        runs = case["expected"].get("runs")
        if not runs:
            continue
        name = path.parent.name
        files = {}
        for key in case["inputs"]:
            if not (path.parent / key).is_file():
                continue
            data = (path.parent / key).read_bytes()
            if data not in seen:
                seen[data] = f"{len(seen)}{pathlib.Path(key).suffix}"
                lines.append(f"file {seen[data]} {data.hex()}")
            files[key] = seen[data]
        chip = next((CHIPS[c] for c in CHIPS if name.startswith(c + "_")), case["inputs"]["chip"])
        lines.append(f"case {name} {chip}")
        for run in runs:
            lines.append(f"run {run['name'].replace(' ', '_')}")
            for op in run["ops"]:
                words = " ".join(files.get(word, word) for word in op["argv"])
                lines.append(f"op {op['rc']} {op.get('error_class') or '-'} {words}")
                for put in op.get("programmed", []):
                    data = put.get("data") or put.get("wdata")
                    lines.append(f"put {put['block']} {data} {put.get('rs', '')}".rstrip())
            after = " ".join(f"{block}={data}" for block, data in run["blocks"].items())
            lines.append(f"after {after}".rstrip())
    (target / "runs.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
