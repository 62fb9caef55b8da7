#!/bin/bash
# litewitness cosigns our log; a second history under the same key it does not.
. "$(dirname "$0")/lib.sh"
need litewitness witnessctl
command -v ssh-agent >/dev/null || { echo "why: ssh-agent is not installed"; exit 77; }
vitrine key new --out log.key >/dev/null
ssh-keygen -q -t ed25519 -N '' -f wkey
start agent.out ssh-agent -D -a "$PWD/agent"
for _ in $(seq 50); do [ -S agent ] && break; sleep 0.1; done
SSH_AUTH_SOCK=$PWD/agent ssh-add -q wkey
witnessctl add-log -db w.db -origin log.example/interop
witnessctl add-key -db w.db -origin log.example/interop \
    -key "$(vitrine key show log.key.pub --name log.example/interop | sed -n 's/^as a log *//p')"
port=$((21000 + $$ % 9000))
start lite.out litewitness -db w.db -name lite.example -ssh-agent "$PWD/agent" -listen "127.0.0.1:$port" \
    -key "$(ssh-keygen -lf wkey.pub | cut -d' ' -f2)"
for _ in $(seq 100); do curl -sf "http://127.0.0.1:$port/" >lite.html && break; sleep 0.1; done
wvkey=$(grep -o 'lite\.example+[0-9a-f]*+[A-Za-z0-9+/=]*' lite.html lite.out -h | head -n 1)
logkey=$(vitrine key show log.key.pub --name log.example/interop | sed -n 's/^as a log *//p')
printf 'log %s\nwitness lite %s http://127.0.0.1:%s/\nquorum lite\n' "$logkey" "$wvkey" "$port" >policy
serve_ledger 50 --policy policy
grep -q '^— lite.example ' log/checkpoint
vitrine ledger check last.entry --proof last.proof --policy policy --origin log.example/interop
add_entries 50 400
vitrine ledger check last.entry --proof last.proof --policy policy --origin log.example/interop
# The same key, another history.
vitrine ledger init --dir second --origin log.example/interop --key log.key --policy policy >/dev/null
for i in $(seq 500); do echo "other $i" >"other.$i"; done
refused "a second history" vitrine ledger add --dir second other.*
