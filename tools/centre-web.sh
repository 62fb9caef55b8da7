#!/bin/bash
# centre-web.sh [--if-possible] - build the Centre's pages into build/web, from the packages
# that centre/web/package-lock.json pins.  With --if-possible it does nothing where npm or
# the packages cannot be had; build/web.missing then says why.
set -u
cd "$(dirname "$0")/.." || exit 3
out=$PWD/build/web
mkdir -p build

give_up() {
    rm -rf "$out"
    echo "$1" >"$out.missing"
    [ "${optional:-}" ] && exit 0
    echo "centre-web: $1" >&2
    exit 3
}

optional=
[ "${1:-}" = --if-possible ] && optional=1
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    give_up "npm is not installed"
fi
cd centre/web || exit 3
# A stamp beside the packages says for which lock they were fetched.
if ! cmp -s package-lock.json node_modules/.vitrine-lock; then
    echo "centre-web: fetching the packages that the Centre's pages are built with (npm, into centre/web/node_modules)"
    npm ci --ignore-scripts --no-audit --no-fund --silent >/dev/null 2>&1 ||
        give_up "the npm packages of the pages cannot be had"
    cp package-lock.json node_modules/.vitrine-lock
fi
npx --no-install tsc --noEmit || exit 1
said=$(node build.mjs "$out") || exit 1
rm -f "$out.missing"
[ "$optional" ] || echo "$said, in build/web"
