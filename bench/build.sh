#!/usr/bin/env bash
# Cold and warm builds in a target folder of their own, and the size of the binary.
#
#     bench/build.sh
#
# The sources of the dependencies are fetched first, so that no network is timed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=../tools/lib.sh
source tools/lib.sh

cargo fetch --locked
CARGO_TARGET_DIR=$(mktemp -d)
export CARGO_TARGET_DIR
trap 'rm -rf "$CARGO_TARGET_DIR"' EXIT

# timed WORDS COMMAND...
timed() {
    local words=$1 began=$SECONDS
    shift
    "$@" >/dev/null 2>&1
    printf '| %s | %s |\n' "$words" "$(minutes $((SECONDS - began)))"
}
# ended WORDS FILE
ended() {
    printf '| %s | %s MB |\n' "$1" "$(($(stat -c %s "$2") / 1000000))"
}

printf '| what | measured |\n|---|---:|\n'
timed "demo's build, cold (all dependencies)" build_zicht
timed "demo's build, nothing changed" build_zicht
touch crates/model/src/lib.rs
timed "demo's build, \`model\` changed (all own crates)" build_zicht
touch crates/zicht/src/main.rs
timed "demo's build, \`zicht\` changed" build_zicht
timed "tests' build after the demo's" cargo test --locked --workspace --no-run
ended "binary of the demo" "$CARGO_TARGET_DIR/debug/zicht"
printf '| target folder after both | %s MB |\n' "$(($(du -s --block-size=1000000 "$CARGO_TARGET_DIR" | cut -f1)))"
