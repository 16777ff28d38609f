#!/usr/bin/env bash
# `zicht serve` under load: requests a second of static pages and of questions.
#
#     bench/serve.sh [SECONDS [RUNS]]       5 seconds and 3 runs of each row when not given
#
# The release is that of the example of the Netherlands. Who asks runs on the same machine, so that both share its cores. Prints
# rows of the table in bench/README.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=../tools/lib.sh
source tools/lib.sh

seconds=${1:-5} runs=${2:-3}
# The binary that the demo and the tests use; ZICHT names another, beside which examples/load is.
zicht=${ZICHT:-${CARGO_TARGET_DIR:-target}/debug/zicht}
[[ -n "${ZICHT:-}" ]] || cargo build --locked --workspace --bin zicht --example measure --example load
load=$(dirname "$zicht")/examples/load

work=$(mktemp -d)
server=
trap '[[ -z "$server" ]] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
"$zicht" new "$work/m" --example netherlands >/dev/null
"$zicht" run "$work/m" --quiet >/dev/null
"$zicht" serve "$work/m/out/release" --listen 127.0.0.1:0 --rate 0 --format json >"$work/said" 2>/dev/null &
server=$!
for _ in {1..100}; do
    # The document is whole when it can be read.
    address=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["address"][7:-1])' "$work/said" 2>/dev/null) && break
    sleep 0.1
done
[[ -n "${address:-}" ]] || die "the server does not listen"
pages=()
while read -r file; do pages+=("/$file"); done < <(cd "$work/m/out/release" && find site -name '*.html' -o -name '*.css' | sort)

# row WORDS CONNECTIONS HOW PATH...
row() {
    local words=$1 made=()
    shift
    for ((i = 0; i < runs; i++)); do
        made+=("$("$load" "$address" "$seconds" "$@")")
    done
    python3 - "$words" "$1" "${made[@]}" <<'PYTHON'
import json, sys
words, connections, *made = sys.argv[1:]
made = sorted((json.loads(m) for m in made), key=lambda m: m["per_second"])
middle = made[len(made) // 2]
of_all = " / ".join(f"{m['per_second']:,.0f}" for m in (made[0], middle, made[-1]))
half, most, longest = middle["milliseconds"]
print(f"| {words} | {connections} | {of_all} | {middle['megabytes_per_second']:.0f} MB | {half:.1f} / {most:.1f} / {longest:.0f} ms |")
PYTHON
}

printf '| asked for | connections | requests a second: min / median / max | of bodies a second | half / 99 %% / all within |\n'
printf '|---|---:|---:|---:|---:|\n'
row "all $((${#pages[@]} - 1)) pages and the style sheet" 32 kept "${pages[@]}"
row "the same, a connection for each" 32 new "${pages[@]}"
row "the same, many readers" 500 kept "${pages[@]}"
row "cells of a table, JSON-stat" 32 kept '/api/tables/victims_sex_age/data?sex=F'
row "rows of a table, SDMX-CSV" 32 kept '/api/sdmx/data/dataflow/ZICHT/VICTIMS_SEX_AGE/1.0.0/F'
peak=$(sed -n 's/^VmHWM:\s*\([0-9]*\) kB/\1/p' "/proc/$server/status")
printf '\nPeak memory of the server: %d MB\n' $((peak / 1024))
