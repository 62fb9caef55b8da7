#!/bin/sh
# bench.sh BUILD [NAME] - run all benchmarks or those of one family, one JSON line a figure.
# A family is a list of programs; each prints its own lines.
set -eu
build=$1
case ${2:-} in
'') families="chain ledger lookup cell custody relocate centre" ;;
chain | ledger | lookup | cell | custody | relocate | centre) families=$2 ;;
*) echo "bench: there is no '$2'; there are: chain, ledger, lookup, cell, custody, relocate, centre" >&2; exit 2 ;;
esac
for family in $families; do
    case $family in
    chain) programs="bench_verify bench_proof bench_append bench_sandbox" ;;
    ledger)
        programs=bench_ledger
        "$(dirname "$0")/../tests/interop/peers.sh" "$build/interop" >&2
        ;;
    lookup) programs=bench_lookup ;;
    custody) programs=bench_custody ;;
    relocate)
        "$(dirname "$0")/need.sh" bench >&2
        programs=bench_relocate
        ;;
    centre)
        "$(dirname "$0")/need.sh" bench >&2
        programs=bench_centre
        ;;
    cell)
        "$(dirname "$0")/need.sh" bench >&2
        programs="bench_cell bench_cell_wire bench_scan"
        ;;
    esac
    for program in $programs; do
        case $program in
        bench_verify | bench_cell_wire | bench_custody) "$build/$program" "$build/vitrine" ;;
        bench_sandbox | bench_ledger) "$build/$program" "$build" ;;
        *) "$build/$program" ;;
        esac
    done
done
