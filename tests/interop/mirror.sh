#!/bin/bash
# tlog-mirror against another hand (go/mirror.go, by x/mod's hashes and Tessera's client): its
# client feeds our mirror, our client feeds its mirror.  No released peer speaks it yet.
. "$(dirname "$0")/lib.sh"
need interop
vitrine key new --out log.key >/dev/null
vitrine key new --out m1.key >/dev/null
serve_ledger 2500
# Their client, our mirror.
mkey=$(vitrine mirror init --dir m1 --name m1.example --key m1.key | tail -n 1)
vitrine mirror add-log --dir m1 --vkey "$vkey" >/dev/null
start m1.out vitrine mirror serve --dir m1
wait_for m1.out ready:
m1=$(url_of m1.out)
interop feed "$url" "$vkey" "$m1" "$mkey" forge | grep -q refused
interop feed "$url" "$vkey" "$m1" "$mkey" | grep "mirrored 2500"
refused "another key" interop feed "$url" "$vkey" "$m1" "$(tail -n 1 <(vitrine witness init --dir w --name m1.example --key log.key))"
copy=$m1/$(printf log.example/interop | sha256sum | cut -d' ' -f1)
interop read "$copy" "$vkey"
interop sumdb "$copy" "$vkey"
add_entries 2500 3001
interop feed "$url" "$vkey" "$m1" "$mkey" | grep "mirrored 3001"
interop read "$copy" "$vkey"
# Our client, their mirror, which takes three packages a request.
start theirs.out interop mirror "$vkey" m2.example
wait_for theirs.out ready:
key2=$(sed -n 's/^vkey: //p' theirs.out)
vitrine ledger push --dir log --to "$(url_of theirs.out)" --vkey "$key2" | grep '^— m2.example '
add_entries 3001 3500
vitrine ledger push --dir log --to "$(url_of theirs.out)" --vkey "$key2" >/dev/null
start lies.out interop mirror "$vkey" m3.example lie
wait_for lies.out ready:
refused "a lie" vitrine ledger push --dir log --to "$(url_of lies.out)" --vkey "$(sed -n 's/^vkey: //p' lies.out)"
grep -q "its answer" refused.out
# An entry of ours that is not what was logged.
start fresh.out interop mirror "$vkey" m4.example
wait_for fresh.out ready:
flip log/tile/entries/004 100
refused "a changed entry" vitrine ledger push --dir log --to "$(url_of fresh.out)" --vkey "$(sed -n 's/^vkey: //p' fresh.out)"
grep -q 422 refused.out
flip log/tile/entries/004 100
vitrine ledger push --dir log --to "$(url_of fresh.out)" --vkey "$(sed -n 's/^vkey: //p' fresh.out)" >/dev/null
