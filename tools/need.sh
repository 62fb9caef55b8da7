#!/bin/sh
# need.sh PURPOSE [EXTRA...] - install the Debian packages that PURPOSE needs and that are
# missing, as root or by sudo, saying which and why.  Silent when nothing is missing.
# need.sh --list PURPOSE - only say which those are.
set -eu

packages_for() {
    case $1 in
    build) echo gcc make libc6-dev libssl-dev libsodium-dev libjansson-dev \
        libmicrohttpd-dev libcurl4-openssl-dev libarchive-dev libseccomp-dev \
        libyara-dev libclamav-dev libgit2-dev libsqlite3-dev \
        libfido2-dev libpcre2-dev zlib1g-dev ;;
    check) echo git strace binutils pkg-config clang-format mandoc universal-ctags mmdebstrap bubblewrap \
        openssl curl xz-utils bzip2 softhsm2 disorderfs faketime zlib1g-dev age clamav-testfiles ;;
    demo) echo git mmdebstrap bubblewrap dpkg-dev apt ca-certificates disorderfs faketime \
        xz-utils ;;
    bench) echo codesearch nginx-light redis-server rsync procps ;;
    pages) echo chromium fonts-dejavu-core procps ;;
    clang) echo clang libclang-rt-14-dev ;;
    san) echo clang libclang-rt-14-dev ;;
    *) echo "need: unknown purpose $1" >&2; exit 2 ;;
    esac
}

why_for() {
    case $1 in
    build) echo "to compile Vitrine" ;;
    check) echo "to run the tests" ;;
    demo) echo "to run the demonstration" ;;
    bench) echo "peers of the benchmarks, started and ended by them" ;;
    pages) echo "to try the pages in a browser" ;;
    *) echo "for $1" ;;
    esac
}

if [ "$1" = --list ]; then
    packages_for "$2"
    exit
fi
for purpose in "$@"; do
    missing=
    for package in $(packages_for "$purpose"); do
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || continue
    echo "need: installing$missing ($(why_for "$purpose"))"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "need: not root and no sudo: install these packages yourself:$missing" >&2
            exit 3
        fi
        as_root=sudo
    fi
    log=$(mktemp)
    # shellcheck disable=SC2086 # the list is meant to be split
    if ! { $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        echo "need: the packages could not be installed (the lines above say why)" >&2
        exit 3
    fi
    rm -f "$log"
done
