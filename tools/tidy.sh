#!/bin/bash
# tidy.sh - what can be checked about style without running anything: format, the order of
# rooms, orphan files, documented headers, shell syntax, manual pages.  Exit 1 if something
# is untidy; each line says where and what.
set -u
status=0
complain() { echo "tidy: $*"; status=1; }

mapfile -t sources < <(git ls-files -co --exclude-standard '*.c' '*.h' | sort)

# Format: the version that Debian 12 ships decides.
for file in "${sources[@]}"; do
    clang-format "$file" | cmp -s - "$file" || complain "$file: run 'make format'"
done

# Rooms: an include goes up this list, never down.
rooms="base wire crypto store role http ledger evidence line release channel custody cell centre cli"
rank() { local n=0 r; for r in $rooms; do n=$((n + 1)); [ "$r" = "$1" ] && echo $n && return; done; echo 0; }
while IFS=: read -r file include; do
    room=${file%%/*}
    other=${include%%/*}
    case $file in tests/* | tools/* | bench/* | */test_*.c | */fuzz_*.c) continue ;; esac
    mine=$(rank "$room") theirs=$(rank "$other")
    [ "$mine" -gt 0 ] && [ "$theirs" -gt 0 ] && [ "$theirs" -gt "$mine" ] &&
        complain "$file: includes $include, which stands below it"
    case $other in tests | tools | bench) complain "$file: includes $include" ;; esac
done < <(grep -HoP '^#include "\K[^"]+' "${sources[@]}")

# crypto/ is the only door to OpenSSL and libsodium.
grep -lE '#include <(openssl/|sodium)' "${sources[@]}" | grep -vE '^(crypto|bench)/' |
    while read -r file; do echo "$file"; done >/tmp/tidy.$$
while read -r file; do complain "$file: includes a cryptographic library; ask crypto/"; done </tmp/tidy.$$
rm -f /tmp/tidy.$$

# store/change.c is the only door to the disk, so that the crash tests can stand in it.  A
# build's scratch tree is no durable file; a role's probe tries what it must not.
changing='O_CREAT|O_TMPFILE|\b(creat|fopen|freopen|mkstemp|mkdtemp|rename|renameat2?|link|linkat'
changing+='|symlink|symlinkat|unlink|unlinkat|remove|mkdir|mkdirat|rmdir|truncate|ftruncate'
changing+='|fallocate|posix_fallocate|fsync|fdatasync|syncfs|pwrite|pwritev)\('
while IFS=: read -r file line rest; do
    case $file in
    store/change.c | tests/* | tools/* | bench/* | */test_*.c | */fuzz_*.c) continue ;;
    # Scratch trees of builds and roots: caches, measured before every use.
    line/deb.c | line/environment.c | line/root.c | line/build_area.c | line/source_unpack.c | line/vary*.c) continue ;;
    line/spool.c | cell/scan_memory.c) continue ;; # files without a name
    line/sandbox*.c | line/cgroup*.c | role/role_probe.c | cell/role_scan_probe.c) continue ;;
    role/confine.c) continue ;; # names what its filter forbids
    role/hatch.c) continue ;; # a socket that a killed process left
    esac
    complain "$file:$line: changes the disk past the gate; ask store/: ${rest#"${rest%%[! ]*}"}"
done < <(grep -HnE "$changing" "${sources[@]}" | grep -vE 'SCMP_SYS|fopen\([^,]*, "re?"\)|:[0-9]+: \*|:[0-9]+:/\*')

# Every header is used, every parser's fuzz target has a corpus.
for file in "${sources[@]}"; do
    case $file in
    */"${file%%/*}".h) ;; # a room's one public header
    *.h) grep -qF "\"$file\"" "${sources[@]}" || [ "${file%%/*}" = include ] ||
        complain "$file: nobody includes it" ;;
    */fuzz_*.c)
        name=${file##*/fuzz_}
        [ -n "$(ls "${file%%/*}/corpus/${name%.c}" 2>/dev/null)" ] ||
            complain "$file: its corpus ${file%%/*}/corpus/${name%.c}/ is empty" ;;
    esac
done

# "Errors:" lines in headers name codes that exist.
while IFS=: read -r file line word; do
    complain "$file:$line: unknown error code $word"
done < <(grep -HnoP 'VT_(?:MALFORM|REJECT|ABSEN|LIMI|IO)\w*' "${sources[@]}" |
    grep -vP ':VT_(MALFORMED|REJECTED|ABSENT|LIMIT|IO)$|:VT_REJECTION$|:VT_IO_\w+$|:VT_LIMIT_\w+$|:VT_LIMITED\w*$')

# A file begins by saying what it is for.
for file in "${sources[@]}"; do
    head -n 1 "$file" | grep -q '^/\*' || complain "$file: does not begin with a comment"
done

# The line builds Vitrine itself with what a person builds it with.
for package in $(tools/need.sh --list build); do
    grep -qF "\"$package\"" vitrine.recipe.json ||
        complain "vitrine.recipe.json: its environment lacks $package"
done

for script in tools/*.sh .ci/run; do
    bash -n "$script" || complain "$script: syntax"
done
if ls man/*.[1-8] >/dev/null 2>&1; then
    for page in man/*.[1-8]; do
        mandoc -T lint -W warning "$page" >/dev/null || complain "$page: mandoc -T lint $page"
    done
fi
[ "$status" -eq 0 ] && echo "tidy: ${#sources[@]} files in order"
exit "$status"
