# Shared by ./zicht-demo, ./test and bench/run.sh: progress, and what is needed from the machine.
# Sourced, never run. The caller has `set -euo pipefail`.
# shellcheck shell=bash

# say TEXT: a line of progress on standard error, where cargo writes too.
say() {
    printf '%s\n' "$*" >&2
}

# die TEXT: why it ends here.
die() {
    printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# minutes SECONDS: `75` becomes `1 min 15 s`.
minutes() {
    if (($1 < 60)); then
        printf '%d s' "$1"
    else
        printf '%d min %d s' $(($1 / 60)) $(($1 % 60))
    fi
}

# have COMMAND: true if it can be run.
have() {
    command -v "$1" >/dev/null 2>&1
}

# needs_rust: ends with advice when there is no cargo. rustup itself fetches the pinned toolchain.
needs_rust() {
    have cargo || die "there is no cargo. Install Rust with rustup (https://rustup.rs), open a new shell, and try again."
}

# libclang_is_there: the bindings to HiGHS are generated at build time by way of libclang.
libclang_is_there() {
    [[ -n "${LIBCLANG_PATH:-}" ]] && return 0
    # Not libclang-cpp, which is another library.
    compgen -G '/usr/lib/llvm-*/lib/libclang.so*' >/dev/null && return 0
    compgen -G '/usr/lib/llvm-*/lib/libclang-[0-9]*.so*' >/dev/null && return 0
    # Not `grep -q`: it would close the pipe early, and pipefail would call that a failure.
    ldconfig -p 2>/dev/null | grep -E 'libclang(-[0-9.]+)?\.so' >/dev/null
}

# packages_for_building: prints the Debian packages that are missing.
packages_for_building() {
    # cc links every Rust program; zstd, blake3 and mimalloc hold C, HiGHS is C++ built by cmake.
    have cc || echo gcc
    have c++ || echo g++
    have make || echo make
    have cmake || echo cmake
    [[ -e /usr/include/stdlib.h ]] || echo libc6-dev
    libclang_is_there || echo libclang-dev
}

# packages_for_testing: prints the Debian packages that the tests need and that are missing.
packages_for_testing() {
    chromium_path >/dev/null || echo chromium
    have node || echo nodejs
    have npm || echo npm
    have python3 || echo python3
    # Programs of others that validate open data are installed in an environment of their own.
    python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
}

# chromium_path: prints the browser that the tests drive; false when there is none.
chromium_path() {
    if [[ -n "${CHROMIUM:-}" ]]; then
        printf '%s\n' "$CHROMIUM"
        return 0
    fi
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

# install_debian PACKAGE...: installs them, as root or with sudo; without either, says the command
# and ends. Nothing happens when no package is named.
install_debian() {
    (($# > 0)) || return 0
    local as_root=()
    if [[ $EUID -ne 0 ]]; then
        if have sudo && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
            as_root=(sudo)
        else
            die "these Debian packages are missing; have an administrator run this, then try again:
    apt-get update && apt-get install --no-install-recommends $*"
        fi
    fi
    have apt-get || die "this is no Debian or Ubuntu machine. Install what goes by these names there, then try again: $*"
    say "Installing from Debian: $*"
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update -q &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -q --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        rm -f "$log"
        die "apt-get could not install: $*"
    fi
    rm -f "$log"
}

# build_zicht: builds target/debug/zicht.
#
# `--workspace` and `--example` are there for the tests that come after: cargo decides the features
# of every dependency from what is selected, so that `-p zicht` alone would compile DataFusion a
# second time for `cargo test --workspace`. An example counts as a test in that decision.
build_zicht() {
    cargo build --locked --workspace --bin zicht --example measure
}
