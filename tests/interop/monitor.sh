#!/bin/bash
# Our monitor follows a log that Tessera made, over HTTP: it tells of a watched text once,
# and of a second history, with a proof for everybody.
. "$(dirname "$0")/lib.sh"
need interop posix-oneshot
command -v python3 >/dev/null || { echo "why: python3 is not installed"; exit 77; }
interop key tessera.example/watched >pair
sed -n 1p pair >tessera.key
their=$(sed -n 2p pair)
publish() { # publish FOLDER WORD COUNT
    local i
    rm -rf entries
    mkdir entries
    for ((i = 1; i <= $3; i++)); do echo "$2 $i" >"entries/$2.$i"; done
    posix-oneshot --storage_dir "$1" --private_key tessera.key --entries "entries/*" --logtostderr 2>oneshot.log ||
        { cat oneshot.log; exit 1; }
}
round() { # round EXIT-CODE - of the monitor
    local code=0
    vitrine monitor run --dir seen --policy policy --watch "first 77" --watch "grown 7" >round.out 2>&1 || code=$?
    cat round.out
    [ "$code" -eq "$1" ] || { echo "exit code $code, not $1"; exit 1; }
}
told() { # told KIND COUNT - so many findings of that kind in all
    local count
    count=$(vitrine monitor list --dir seen | grep -c -- "$1" || true)
    [ "$count" -eq "$2" ] || { echo "told $count times, not $2: $1"; vitrine monitor list --dir seen; exit 1; }
}
publish their first 300
# What lies at `shown` can be changed for another history under the same address.
cp -r their shown
start files.out python3 -u -m http.server --bind 127.0.0.1 --directory shown 0
wait_for files.out port
printf 'log %s http://127.0.0.1:%s\nquorum none\n' "$their" "$(sed -n 's/.*port \([0-9]*\).*/\1/p' files.out)" >policy
round 1
told seen 1
grep -q 'first 77' entries/first.77
round 0 # nothing new, nothing told twice
told seen 1
# It grows: only what is new is looked at, and what nobody watches is not told.
publish their grown 40
cp -rT their shown
round 1
told seen 2
told forked 0
round 0
# Another history under the same key and address, larger than the first.
publish second other 500
rm -r shown/*
cp -rT second shown
round 1
told forked 1
told seen 2 # nothing of a history that was not taken is told
vitrine ledger fork seen/logs/*/forks/*.json --vkey "$their"
# The twin: a proof whose signatures are another log's proves nothing.
sed 's/— tessera.example/— tessera.exampel/g' seen/logs/*/forks/*.json >forged.json
! cmp -s seen/logs/*/forks/*.json forged.json
refused "a forged proof" vitrine ledger fork forged.json --vkey "$their"
