#!/bin/bash
# run-tests.sh BUILD [FILTER] - run every test program and corpus of BUILD, two more at a
# time than there are processors (some wait for time to pass), the long ones first, and end
# with the line "N passed, N failed, N skipped".  Exit 0 if nothing failed.
# A skip whose reason is not in tests/skips.allowed counts as a failure.
set -u
shopt -s nullglob
build=$1
filter=${2:-}
logs=$build/logs
rm -rf "$logs"
mkdir -p "$logs"

# Folders of tests lie in memory where there is plenty of it: what a lost disk does to a file
# is tried on a model of the disk, not by waiting for a real one.  Rooms that deal with the
# file system itself stay on the disk.
free_mib() { df --output=avail -B1M /dev/shm 2>/dev/null | tail -n 1; }
# What is available, or the bound of the container where that is less.
memory_mib() {
    { awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo
      awk '$1 != "max" { print int($1 / 1048576) }' /sys/fs/cgroup/memory.max 2>/dev/null; } |
        sort -n | head -n 1
}
has_plenty() {
    local free memory
    free=$(free_mib) memory=$(memory_mib)
    [ "${free:-0}" -gt 6000 ] && [ "${memory:-0}" -gt 10000 ] &&
        ! grep -qE '^[^ ]+ /dev/shm [^ ]+ ([^ ]*,)?noexec[, ]' /proc/mounts # tests start programs there
}
# A failed case leaves its folder, where one can look; all else goes, also when a run is cut
# short: it is memory.
sweep() {
    [ "${failed:-0}" -ne 0 ] || { rm -rf "$in_memory"; return; }
    rmdir "$in_memory" 2>/dev/null || echo "what failed left its folders in $in_memory, in memory" >&2
}
export in_memory=
if [ -z "${TMPDIR:-}" ] && has_plenty; then
    in_memory=$(mktemp -d /dev/shm/vitrine-check-XXXXXX) || exit 3
    chmod 1777 "$in_memory" # some cases run as an ordinary user
    trap sweep EXIT
fi

programs=()
for source in */test_*.c; do
    name=${source%.c}
    name=${name//\//.}
    [[ -z $filter || $name == *"$filter"* ]] && programs+=("$name")
done
for source in */fuzz_*.c; do
    name=${source%.c}
    name=${name//\//.}
    [[ -z $filter || $name == *"$filter"* ]] && programs+=("$name")
done

run_one() {
    local build=$1 name=$2 start=$SECONDS status
    local log=$build/logs/$name.log
    [[ -z $in_memory || $name =~ ^(store|role|line)\. ]] || export TMPDIR=$in_memory
    if [[ $name == *.fuzz_* ]]; then
        local room=${name%%.*} target=${name#*.fuzz_}
        timeout 600 "$build/$name" "$room/corpus/$target"/* >"$log" 2>&1 </dev/null
    else
        local program=$build/$name
        [ -x "$program" ] || program=$build/stage/$name # it breaks the disk
        timeout 1800 "$program" >"$log" 2>&1 </dev/null
    fi
    status=$?
    # A program that died, or failed without saying which case, is a failure of its own.
    if [ "$status" -ne 0 ] && ! grep -q '^not ok' "$log"; then
        echo "not ok $name: ended with status $status" >>"$log"
    fi
    grep -qE '^(ok|not ok|skip) ' "$log" || echo "not ok $name: no case ran" >>"$log"
    printf '%-34s %4s ok %3s not ok %3s skipped  %3ds\n' "$name" \
        "$(grep -c '^ok ' "$log")" "$(grep -c '^not ok ' "$log")" \
        "$(grep -c '^skip ' "$log")" $((SECONDS - start))
}
export -f run_one

[ "${#programs[@]}" -gt 0 ] || { echo "run-tests: no test program holds '$filter'"; exit 2; }
# Those that break every disk operation, and a few others, take longest.
long='test_crash|test_bad_input|test_pages|test_custody|test_diagnose|test_vary_build'
{
    printf '%s\n' "${programs[@]}" | grep -E "$long"
    printf '%s\n' "${programs[@]}" | grep -vE "$long"
} | xargs -P "$(($(nproc) + 2))" -I{} bash -c 'run_one "$0" "$1"' "$build" {}

passed=$(cat "$logs"/*.log | grep -c '^ok ')
failed=$(cat "$logs"/*.log | grep -c '^not ok ')
skipped=$(cat "$logs"/*.log | grep -c '^skip ')

if [ "$failed" -gt 0 ]; then
    echo
    echo "What failed:"
    for log in "$logs"/*.log; do
        grep -q '^not ok ' "$log" && { echo "--- $log"; grep -B 14 '^not ok ' "$log" | tail -n 60; }
    done
fi
while IFS= read -r reason; do
    echo "skipped because: $reason"
    if ! grep -qxF "$reason" tests/skips.allowed; then
        echo "not ok: this reason is not in tests/skips.allowed: $reason"
        failed=$((failed + 1))
    fi
done < <(cat "$logs"/*.log | sed -n 's/^  why: //p' | sort -u)
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
