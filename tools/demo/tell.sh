# Telling: one line a step, one row an attack.  Sourced by tools/demo.sh.

failed=0
attacks=()

# tick - until a line comes or the writer ends: the seconds on a terminal, else a dot for each ten.
tick() {
    local seconds=0
    while
        read -r -t 1
        [ $? -gt 128 ]
    do
        seconds=$((seconds + 1))
        if [ -t 1 ]; then
            printf ' %6d s \b\b\b\b\b\b\b\b\b\b' "$seconds"
        elif [ $((seconds % 10)) -eq 0 ]; then
            printf '.'
        fi
    done
}

# tell WHO WHAT COMMAND... - one line of the story; the command must succeed.  The ticker is
# told to end and not killed: killed while it starts, it runs the EXIT trap of this shell, and
# ends what is served.
tell() {
    local who=$1 what=$2 start ticker code
    shift 2
    start=$(date +%s%N)
    printf '  %-11s %-62s' "$who" "$what"
    exec 9> >(tick)
    ticker=$!
    "$@" >last.log 2>&1 9>&-
    code=$?
    echo >&9
    exec 9>&-
    wait "$ticker"
    if [ "$code" -eq 0 ]; then
        printf ' %6d ms\n' $((($(date +%s%N) - start) / 1000000))
    else
        printf ' FAILED   \n'
        sed 's/^/      /' last.log
        failed=1
    fi
}

# expect WHO WHAT EXPECTED COMMAND... - one line; it must end with 1 and say EXPECTED.
expect() {
    local who=$1 what=$2 expected=$3 code
    shift 3
    "$@" >last.log 2>&1
    code=$?
    if [ "$code" -eq 1 ] && grep -qi -- "$expected" last.log; then
        printf '  %-11s %-62s refused\n' "$who" "$what"
    else
        printf '  %-11s %-62s NOT AS EXPECTED (exit code %d)\n' "$who" "$what" "$code"
        sed 's/^/      /' last.log
        failed=1
    fi
}

# row NAME EXPECTED SEEN VERDICT - one line now, and one of the table at the end.
row() {
    printf '  %-11s %-62s %s\n' "attack" "$1" "$([ "$4" = ok ] && echo "refused: $3" || echo "$4")"
    attacks+=("$(printf '  %-46s %-20s %-20s %s' "$1" "$2" "$3" "$4")")
}

# attack_verify NAME REASON FILE ARGUMENT... - the customer's check must refuse with REASON.
attack_verify() {
    local name=$1 expected=$2 code seen verdict=ok
    shift 2
    vitrine verify --json "$@" >last.log 2>&1
    code=$?
    seen=$(sed -n 's/.*"reason":"\([a-z-]*\)".*/\1/p' last.log)
    [ "$code" -eq 1 ] && [ "$seen" = "$expected" ] || { verdict="NOT AS EXPECTED ($code)"; failed=1; }
    row "$name" "$expected" "${seen:-none}" "$verdict"
}

# attack_step NAME SAYS COMMAND... - the command must end with 1 and say SAYS.
attack_step() {
    local name=$1 says=$2 code seen verdict=ok
    shift 2
    "$@" >last.log 2>&1
    code=$?
    seen=$(grep -o -m 1 -- "$says" last.log | head -n 1)
    if [ "$code" -ne 1 ] || [ -z "$seen" ]; then
        seen=$(tail -n 1 last.log | cut -c1-60)
        verdict="NOT AS EXPECTED ($code)"
        failed=1
    fi
    row "$name" "$says" "$seen" "$verdict"
}
