#!/bin/bash
# litewitness cosigns our log; a second history under the same key it does not.
. "$(dirname "$0")/lib.sh"
need litewitness
command -v python3 >/dev/null || { echo "why: python3 is not installed"; exit 77; }
command -v ssh-agent >/dev/null || { echo "why: ssh-agent is not installed"; exit 77; }
vitrine key new --out log.key >/dev/null
ssh-keygen -q -t ed25519 -N '' -f wkey
start agent.out ssh-agent -D -a "$PWD/agent"
for _ in $(seq 50); do [ -S agent ] && break; sleep 0.1; done
SSH_AUTH_SOCK=$PWD/agent ssh-add -q wkey
logkey=$(vitrine key show log.key.pub --name log.example/interop | sed -n 's/^as a log *//p')
# Its database as its own witnessctl makes it, which needs a module that may not be had.
python3 - "$logkey" <<'END'
import sqlite3, sys
db = sqlite3.connect("w.db")
db.executescript("""
    CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);
    CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));
    CREATE TABLE bastion (origin TEXT NOT NULL, bastion TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));
    INSERT INTO log VALUES ('log.example/interop', 0, '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
""")
db.execute("INSERT INTO key VALUES ('log.example/interop', ?)", (sys.argv[1],))
db.commit()
END
port=$((21000 + $$ % 9000))
start lite.out litewitness -db w.db -name lite.example -ssh-agent "$PWD/agent" -listen "127.0.0.1:$port" \
    -key "$(ssh-keygen -lf wkey.pub | cut -d' ' -f2)"
for _ in $(seq 100); do curl -sf "http://127.0.0.1:$port/" >lite.html && break; sleep 0.1; done
wvkey=$(grep -o 'lite\.example+[0-9a-f]*+[A-Za-z0-9+/=]*' lite.html lite.out -h | head -n 1)
printf 'log %s\nwitness lite %s http://127.0.0.1:%s/\nquorum lite\n' "$logkey" "$wvkey" "$port" >policy
serve_ledger 50 --policy policy
grep -q '^— lite.example ' log/checkpoint
vitrine ledger check last.entry --proof last.proof --policy policy --origin log.example/interop
add_entries 50 400
vitrine ledger check last.entry --proof last.proof --policy policy --origin log.example/interop
# The same key, another history.
vitrine ledger init --dir second --origin log.example/interop --key log.key --policy policy >/dev/null
# More entries than it has seen, so that nothing but the proof can be wrong.
for i in $(seq 450); do echo "other $i" >"other.$i"; done
refused "a second history" vitrine ledger add --dir second other.*
grep -q "lite (refused)" refused.out
