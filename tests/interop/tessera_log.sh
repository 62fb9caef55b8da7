#!/bin/bash
# A log that Tessera made: its proofs convince us, our fsck passes it, our witness cosigns it,
# our mirror follows it and convicts it.
. "$(dirname "$0")/lib.sh"
need interop posix-oneshot
interop key tessera.example/interop >pair
sed -n 1p pair >tessera.key
their=$(sed -n 2p pair)
vitrine key new --out w.key >/dev/null
vitrine witness init --dir w --name witness.example --key w.key >/dev/null
vitrine witness add-log --dir w --vkey "$their" >/dev/null
start w.out vitrine witness serve --dir w
wait_for w.out ready:
wvkey=$(vitrine key show w.key.pub --name witness.example | sed -n 's/^as witness *//p')
printf 'witness w %s %s\nquorum w\n' "$wvkey" "$(url_of w.out)" >their.policy
mkdir entries
for i in $(seq 40); do echo "tessera $i" >"entries/$i"; done
posix-oneshot --storage_dir their --private_key tessera.key --entries "entries/*" --witness_policy_file their.policy --logtostderr
grep -q '^— witness.example ' their/checkpoint
vitrine ledger fsck their --vkey "$their"
start files.out python3 -u -m http.server --bind 127.0.0.1 --directory their 0
wait_for files.out port
files=http://127.0.0.1:$(sed -n 's/.*port \([0-9]*\).*/\1/p' files.out)
vitrine ledger mirror --dir mirrored --from "$files" --vkey "$their"
vitrine ledger fsck mirrored --vkey "$their"
printf 'log %s\nwitness w %s\nquorum w\n' "$their" "$wvkey" >policy
interop prove "$files" "$their" 7 >proof
for entry in entries/*; do
    ! vitrine ledger check "$entry" --proof proof --policy policy --origin tessera.example/interop >/dev/null 2>&1 || found=$entry
done
echo "entry 7 is ${found:?no entry fits the proof}"
# Another history under the same key: our witness has seen the first.
for i in $(seq 50); do echo "other $i" >"entries/$i"; done
refused "a second history" posix-oneshot --storage_dir second --private_key tessera.key --entries "entries/*" \
    --witness_policy_file their.policy --logtostderr
# Without a witness it gets away with it, but not with those who hold a copy.
posix-oneshot --storage_dir second --private_key tessera.key --entries "entries/*" --logtostderr
refused "a second history" vitrine ledger mirror --dir mirrored --from second --vkey "$their"
grep -q 'two histories' refused.out
vitrine ledger fork mirrored/forks/*.json --vkey "$their"
