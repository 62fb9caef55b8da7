# Who takes part: keys, four witnesses, a trust root that three holders sign, a ledger.
# Sourced by tools/demo.sh.

origin=ledger.example/releases
places="ch de jp br"

vkey() { vitrine key show "$1.pub" --name "$2" | sed -n "s/^as $3 *//p"; }

make_keys() {
    local who
    for who in foundation vendor supervisor reviewer builder ledger protection \
        witness-ch witness-de witness-jp witness-br; do
        mkdir -p "$who"
        vitrine key new --out "$who/key" || return
    done
}

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

make_witnesses() {
    local place
    for place in $places; do
        vitrine witness init --dir "witness-$place/data" --name "$place.example" --key "witness-$place/key" &&
            vitrine witness add-log --dir "witness-$place/data" --vkey "$log_vkey" || return
    done
}

write_policy() {
    local place
    echo "log $log_vkey"
    for place in $places; do
        echo "witness $place $(vkey "witness-$place/key" "$place.example" witness) $(cat "$place.url")"
        echo "group ${place^^} any $place"
    done
    echo "group jurisdictions 3 CH DE JP BR"
    echo "quorum jurisdictions"
}

add() { vitrine trust add-key --trust trust.json "$@"; }

name_holders() {
    add --role root --public foundation/key.pub --holder Foundation --jurisdiction CH &&
        add --role root --public vendor/key.pub --holder Vendor --jurisdiction DE &&
        add --role root --public supervisor/key.pub --holder Supervisor --jurisdiction CH &&
        add --role vendor --public vendor/key.pub --holder Vendor --jurisdiction DE &&
        add --role supervisor --public supervisor/key.pub --holder Supervisor --jurisdiction CH &&
        add --role reviewer --public reviewer/key.pub --holder Reviewer --jurisdiction BR &&
        add --role builder --public builder/key.pub --holder Vendor --jurisdiction CH --site Zurich &&
        add --role residency --public foundation/key.pub --holder Foundation --jurisdiction CH &&
        add --role residency --public protection/key.pub --holder "Data protection" --jurisdiction DE
}

begin_parties() {
    local place
    echo "1. The parties"
    tell everyone "twelve keys, each with its holder" make_keys
    log_vkey=$(vkey ledger/key $origin 'a log')
    tell witnesses "four witnesses in four jurisdictions; three are needed" make_witnesses
    for place in $places; do
        tell "witness ${place^^}" "answers" serve_witness "$place"
    done
    write_policy >policy.txt
    tell foundation "drafts the trust root: ledger, witnesses, thresholds" vitrine trust init \
        --out trust.json --origin $origin --policy policy.txt --threshold root=3/3/2 --threshold residency=2/2/2
    tell foundation "names the holders of each role" name_holders
    tell foundation "signs the trust root" vitrine trust sign --trust trust.json --key foundation/key
    tell vendor "signs it" vitrine trust sign --trust trust.json --key vendor/key
    expect anyone "two of three signatures do not make a trust root" "more holders" vitrine trust show --trust trust.json
    tell supervisor "signs it; now it counts" vitrine trust sign --trust trust.json --key supervisor/key
    tell ledger "the release ledger is made" vitrine ledger init --dir log --origin $origin \
        --key ledger/key --policy policy.txt --entries public
}
