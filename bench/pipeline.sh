#!/usr/bin/env bash
# The whole pipeline, from raw registers to a finished release: seconds and peak memory.
#
#     bench/pipeline.sh [REPORTS...]       10000 1000000 10000000 when not given
#
# Each size is simulated once (seed 1) and run from nothing three times (once from five million
# reports on). Prints rows of the table in bench/README.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=../tools/lib.sh
source tools/lib.sh

sizes=("$@")
((${#sizes[@]} > 0)) || sizes=(10000 1000000 10000000)
# The binary that the demo and the tests use; ZICHT names another.
zicht=${ZICHT:-${CARGO_TARGET_DIR:-target}/debug/zicht}
[[ -n "${ZICHT:-}" ]] || build_zicht

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '| reports | raw files | simulate | run: min / median / max | CPU | peak memory | release |\n'
printf '|---:|---:|---:|---:|---:|---:|---:|\n'
for reports in "${sizes[@]}"; do
    dir=$work/$reports
    made=$(bench/measure.py --runs 1 -- "$zicht" simulate --pseudonyms --quiet --reports "$reports" --seed 1 --out "$dir")
    # The truth is not an input.
    rm -rf "$dir/truth"
    runs=3
    ((reports < 5000000)) || runs=1
    ran=$(bench/measure.py --runs "$runs" --before "rm -rf '$dir/out'" -- "$zicht" run "$dir" --quiet)
    python3 - "$reports" "$made" "$ran" "$(du -sb "$dir/registers" | cut -f1)" "$(du -sb "$dir/out/release" | cut -f1)" <<'PYTHON'
import json, sys
reports, made, ran, raw, release = int(sys.argv[1]), *map(json.loads, sys.argv[2:4]), *map(int, sys.argv[4:6])
low, middle, high = ran["seconds"]
print(f"| {reports:,} | {raw / 1e6:,.1f} MB | {made['seconds'][1]:.1f} s | {low:.1f} / {middle:.1f} / {high:.1f} s "
      f"| {ran['cpu_seconds'][1]:.1f} s | {ran['peak_mb'][2]:,.0f} MB | {release / 1e6:.1f} MB |")
PYTHON
    rm -rf "$dir"
done
