#!/bin/bash
# demo.sh BUILD [KEEP] - the story so far, told by really running it: a trust root of three
# holders, a ledger, four witnesses, proofs, and attacks that are refused.  Works in
# build/demo, which it makes anew; with KEEP the witnesses are left running, else nothing is.
# Exit 1 if any line is not as expected.
set -u
build=$(cd "$1" && pwd)
PATH=$build:$PATH
place=$build/demo
rm -rf "$place"
mkdir -p "$place"
cd "$place" || exit 3
started=$SECONDS
served=()
stop_all() { [ "${#served[@]}" -eq 0 ] || kill "${served[@]}" 2>/dev/null; served=(); wait; }
keep=${2:-}
trap '[ -n "$keep" ] || stop_all' EXIT
failed=0
attacks=()

# tell WHO WHAT COMMAND... - one line of the story; the command must succeed.
tell() {
    local who=$1 what=$2 start
    shift 2
    start=$(date +%s%N)
    if "$@" >last.log 2>&1; then
        printf '  %-11s %-58s %5d ms\n' "$who" "$what" $((($(date +%s%N) - start) / 1000000))
    else
        printf '  %-11s %-58s FAILED\n' "$who" "$what"
        sed 's/^/      /' last.log
        failed=1
    fi
}

# attack NAME EXPECTED COMMAND... - must be refused with exit code 1 and say EXPECTED.
attack() {
    local name=$1 expected=$2 seen
    shift 2
    "$@" >last.log 2>&1
    local code=$?
    seen=$(head -n 1 last.log | cut -c1-72)
    if [ "$code" -eq 1 ] && grep -q -- "$expected" last.log; then
        attacks+=("$(printf '  %-34s %-24s %s' "$name" "refused" "$seen")")
    else
        attacks+=("$(printf '  %-34s %-24s %s' "$name" "NOT AS EXPECTED ($code)" "$seen")")
        failed=1
    fi
}

vkey() { vitrine key show "$1.pub" --name "$2" | sed -n "s/^as $3 *//p"; }

echo "1. Keys, each with its holder"
for who in foundation vendor supervisor reviewer builder ledger witness-ch witness-de witness-jp witness-br; do
    mkdir -p "$who"
    tell "$who" "makes a key" vitrine key new --out "$who/key"
done

origin=ledger.example/releases
log_vkey=$(vkey ledger/key $origin 'a log')

# serve_witness PLACE - start the witness of PLACE; its address goes to PLACE.url.
serve_witness() {
    vitrine witness serve --dir "witness-$1/data" >"$1.out" 2>&1 &
    served+=($!)
    for _ in $(seq 100); do
        grep -q '^ready:' "$1.out" && break
        sleep 0.05
    done
    sed -n 's/^ready: *//p' "$1.out" | grep -o 'http[^ ]*' >"$1.url"
    [ -s "$1.url" ]
}

echo "   Four witnesses in four jurisdictions, three needed"
for place_of in ch de jp br; do
    tell witness-$place_of "is made" vitrine witness init --dir witness-$place_of/data --name $place_of.example --key witness-$place_of/key
    tell witness-$place_of "watches the ledger" vitrine witness add-log --dir witness-$place_of/data --vkey "$log_vkey"
    tell witness-$place_of "answers" serve_witness $place_of
done
{
    echo "log $log_vkey"
    for place_of in ch de jp br; do
        echo "witness $place_of $(vkey witness-$place_of/key $place_of.example witness) $(cat $place_of.url)"
        echo "group ${place_of^^} any $place_of"
    done
    echo "group jurisdictions 3 CH DE JP BR"
    echo "quorum jurisdictions"
} >policy.txt

echo "2. The trust root: three holders in two jurisdictions sign it"
tell foundation "begins the trust root" vitrine trust init --out trust.json --origin $origin \
    --policy policy.txt --threshold root=3/3/2
add() { vitrine trust add-key --trust trust.json "$@"; }
tell foundation "root key of the foundation (CH)" add --role root --public foundation/key.pub --holder Foundation --jurisdiction CH
tell foundation "root key of the vendor (DE)" add --role root --public vendor/key.pub --holder Vendor --jurisdiction DE
tell foundation "root key of the supervisor (CH)" add --role root --public supervisor/key.pub --holder Supervisor --jurisdiction CH
tell foundation "vendor, supervisor and reviewer" sh -c '
    vitrine trust add-key --trust trust.json --role vendor --public vendor/key.pub --holder Vendor --jurisdiction DE &&
    vitrine trust add-key --trust trust.json --role supervisor --public supervisor/key.pub --holder Supervisor --jurisdiction CH &&
    vitrine trust add-key --trust trust.json --role reviewer --public reviewer/key.pub --holder Reviewer --jurisdiction CH'
tell foundation "builder at the site in Zurich" add --role builder --public builder/key.pub --holder Vendor --jurisdiction CH --site Zurich
tell foundation "signs" vitrine trust sign --trust trust.json --key foundation/key
tell vendor "signs" vitrine trust sign --trust trust.json --key vendor/key
cp trust.json two-signatures.json
tell supervisor "signs; the threshold is met" vitrine trust sign --trust trust.json --key supervisor/key
tell anyone "reads who is trusted with what" vitrine trust show --trust trust.json

echo "3. A ledger, and proofs that anyone checks offline"
tell ledger "is made" vitrine ledger init --dir log --origin $origin --key ledger/key --policy policy.txt
printf 'the source of release 1\n' >source-1.txt
printf 'the source of release 2\n' >source-2.txt
tell vendor "adds three entries; the witnesses cosign" vitrine ledger add --dir log --proof-dir . trust.json source-1.txt source-2.txt
check() { vitrine ledger check "$1" --proof "$2" --policy policy.txt --origin $origin; }
tell customer "checks the first claim" check source-1.txt source-1.txt.tlog-proof
tell supervisor "compares every stored byte with what was signed" vitrine ledger fsck log --policy policy.txt

echo "4. Attacks"
printf 'the source of release 1, with a line slipped in\n' >slipped.txt
attack "a line slipped into a claim" "is not entry" check slipped.txt source-1.txt.tlog-proof
attack "another claim's proof" "is not entry" check source-1.txt source-2.txt.tlog-proof
attack "two of three root signatures" "more holders must sign" vitrine trust show --trust two-signatures.json
sed 's/"payload":"ey/"payload":"eY/' trust.json >forged-trust.json
attack "trust root changed after signing" "" vitrine trust show --trust forged-trust.json
# A ledger operator who shows one customer a history of his own: the same key, another folder,
# and no witness that would cosign it.
vitrine ledger init --dir split --origin $origin --key ledger/key >last.log 2>&1
vitrine ledger add --dir split --proof-dir split-proofs slipped.txt >last.log 2>&1 ||
    { mkdir -p split-proofs; vitrine ledger add --dir split --proof-dir split-proofs slipped.txt >last.log 2>&1; }
attack "another history for one customer" "too few witnesses" check slipped.txt split-proofs/slipped.txt.tlog-proof
cp -r log changed-log
tile=$(find changed-log/tile/entries -type f | head -n 1)
printf 'X' | dd of="$tile" bs=1 seek=5 conv=notrunc status=none
attack "a stored entry changed afterwards" "tile/entries" vitrine ledger fsck changed-log --policy policy.txt
attack "a stranger signs the root" "no root key" vitrine trust sign --trust trust.json --key reviewer/key

if [ -z "$keep" ]; then
    stop_all
    printf 'the source of release 3\n' >source-3.txt
    attack "witnesses gone, one entry more" "too few" vitrine ledger add --dir log source-3.txt
fi

echo
printf '  %-34s %-24s %s\n' "attack" "outcome" "what was said"
printf '%s\n' "${attacks[@]}"
echo
echo "Took $((SECONDS - started)) s. Look at: $place/trust.json (vitrine trust show --trust ...),"
echo "$place/log/ (any web server may serve it), $place/*.tlog-proof."
[ -z "$keep" ] || echo "The witnesses go on: $(cat ch.url de.url jp.url br.url | tr '\n' ' ')- end them with: kill ${served[*]}"
[ "$failed" -eq 0 ] || echo "Something was not as expected; see above."
exit "$failed"
