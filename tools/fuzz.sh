#!/bin/sh
# fuzz.sh NAME TIME - fuzz the target fuzz_NAME with clang's libFuzzer for TIME (60s, 10m).
# New inputs go to build/fuzz/NAME/found; add good ones to the corpus by hand.
set -eu
name=${1:-}
source=$(ls ./*/fuzz_"$name".c 2>/dev/null || true)
if [ -z "$name" ] || [ -z "$source" ]; then
    echo "fuzz: say which: make fuzz T=NAME FOR=60s, with NAME one of:" >&2
    ls ./*/fuzz_*.c | sed 's|.*/fuzz_||; s|\.c$||' | sort | tr '\n' ' ' >&2
    echo >&2
    exit 2
fi
case $2 in
*m) seconds=$((${2%m} * 60)) ;;
*s) seconds=${2%s} ;;
*) seconds=$2 ;;
esac
make --no-print-directory CC=clang SAN=fuzzer-no-link,address,undefined \
    build/clang/san-fuzzer-no-link-address-undefined/libvitrine.a >/dev/null
room=$(basename "$(dirname "$source")")
mkdir -p "build/fuzz/$name/found" "$room/corpus/$name"
clang -std=c17 -D_GNU_SOURCE -g -O1 -I. -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=all "$source" \
    tools/libfuzzer.c build/clang/san-fuzzer-no-link-address-undefined/libvitrine.a \
    -lsodium -lcrypto -ljansson -lmicrohttpd -lcurl -larchive -lseccomp -lyara -lgit2 -lfido2 -lpcre2-8 -lsqlite3 \
    -o "build/fuzz/$name/fuzz"
# liblzma asks for windows of up to 4 GiB that it does not touch.
exec "build/fuzz/$name/fuzz" -malloc_limit_mb=5000 -max_total_time="$seconds" -print_final_stats=1 -max_len=65536 \
    "build/fuzz/$name/found" "$room/corpus/$name"
