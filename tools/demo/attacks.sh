# Nine attacks, each refused for its own reason.  Sourced by tools/demo.sh.

# What an attacker compiled: the same program with a line slipped in.
make_evil() {
    mkdir -p evil && sed 's/puts("hello");/puts("hello"); puts("and goodbye");/' \
        "$products/hello/src/hello.c" >evil/hello.c && gcc -O2 -o evil/hello evil/hello.c
}

with_evidence() { # FILE EVIDENCE - put FILE beside it
    cp "$1" "$2.file"
}

# A changed artefact with a release statement that says so, signed by one stolen key.
forge_release() { # KEY OUT
    rm -rf "$2.parts"
    forge extract public/hello/1.1/hello.evidence "$2.parts" &&
        forge restate "$2.parts/release.json" "$2.parts/release.json.new" evil/hello hello "$1" &&
        mv "$2.parts/release.json.new" "$2.parts/release.json" &&
        forge join "$2.parts" "$2"
}

# hello's release with the supervisor's rebuild of another product.
mix_evidence() {
    forge extract public/hello/1.1/hello.evidence mixed.parts &&
        forge extract "public/signify-openbsd/31-3/$signify_deb.evidence" other.parts &&
        cp other.parts/vsa.json mixed.parts/vsa.json && forge join mixed.parts mixed.evidence
}

# The ledger's operator also holds the Swiss witness: another history for one customer, in
# which the list of withdrawals never grew.
split_view() {
    local code rogue=
    split_histories
    code=$?
    [ -z "$rogue" ] || { kill "$rogue" && wait "$rogue"; }
    return "$code"
}

split_histories() {
    local vkey
    cp -r witness-ch rogue-witness && rm -rf rogue-witness/data &&
        vitrine witness init --dir rogue-witness/data --name ch.example --key rogue-witness/key &&
        vitrine witness add-log --dir rogue-witness/data --vkey "$log_vkey" || return
    vitrine witness serve --dir rogue-witness/data >rogue.out 2>&1 &
    rogue=$!
    for _ in $(seq 100); do
        grep -q '^ready:' rogue.out && break
        sleep 0.05
    done
    vkey=$(vkey rogue-witness/key ch.example witness)
    {
        echo "log $log_vkey"
        echo "witness ch $vkey $(sed -n 's/^ready: *//p' rogue.out | grep -o 'http[^ ]*')"
        echo "quorum ch"
    } >split-policy.txt
    forge extract public/hello/1.1/hello.evidence split.parts &&
        vitrine ledger init --dir split-log --origin $origin --key ledger/key --policy split-policy.txt &&
        mkdir split-proofs &&
        vitrine ledger add --dir split-log --proof-dir split-proofs split.parts/release.json split.parts/withdrawals.json &&
        cp split-proofs/release.json.tlog-proof split.parts/proof.txt &&
        cp split-proofs/withdrawals.json.tlog-proof split.parts/withdrawals-proof.txt &&
        forge join split.parts split.evidence
}

# lay FILE PRODUCT VERSION - a statement onto the desk, as the desk names it.
lay() { cp "$1" "desk/releases/$2/$3/$(sha256sum <"$1" | cut -c1-64).json"; }

# The build host makes something else of the reviewed source, and signs that it did not.
slip_in_at_build() {
    sed 's/"1.0"/"1.2"/' "$products/hello/hello.recipe.json" >hello-1.2.recipe.json &&
        draft hello-1.2.recipe.json locks/hello.lock.json --source "$products/hello/src" &&
        rm -rf host && mkdir host && cp -r desk host/desk || return
    vitrine release build hello 1.2 --desk host/desk --trust trust.json --store "$vendor_store" \
        --out host/out --key builder/key || return
    local statement
    for statement in host/desk/releases/hello/1.2/*.json; do
        [ -e "desk/releases/hello/1.2/${statement##*/}" ] && continue
        forge restate "$statement" host/forged.json evil/hello hello builder/key &&
            lay host/forged.json hello 1.2 || return
    done
    mkdir -p "desk/releases/hello/1.2/blobs/sha256/$(sha256sum <evil/hello | cut -c1-2)" &&
        cp evil/hello "desk/releases/hello/1.2/blobs/sha256/$(sha256sum <evil/hello | cut -c1-2)/$(sha256sum <evil/hello | cut -c1-64)" &&
        review hello 1.2
}

# The reviewer accepted one source; the vendor then drafts, builds and has rebuilt another.
swap_source() {
    sed 's/"1.0"/"1.3"/' "$products/hello/hello.recipe.json" >hello-1.3.recipe.json &&
        draft hello-1.3.recipe.json locks/hello.lock.json --source "$products/hello/src" &&
        review hello 1.3 && sleep 1 && rm -f evil/hello &&
        draft hello-1.3.recipe.json locks/hello.lock.json --source evil &&
        build hello 1.3 && rebuild hello 1.3
}

run_attacks() {
    local hello=public/hello/1.1/hello
    echo "4. Nine attacks"
    tell attacker "compiles the product with a line slipped in" make_evil

    cp "$hello" bitten && printf 'X' | dd of=bitten bs=1 seek=100 conv=notrunc status=none
    attack_verify "artefact changed by a byte" altered bitten --evidence "$hello.evidence" --trust customer/trust.json

    tell attacker "has the vendor's key, and signs a release of his own" forge_release vendor/key stolen-vendor.evidence
    attack_verify "vendor's key stolen and used alone" supervisor-missing evil/hello \
        --evidence stolen-vendor.evidence --trust customer/trust.json

    tell attacker "has the supervisor's key instead" forge_release supervisor/key stolen-supervisor.evidence
    attack_verify "supervisor's key alone" vendor-missing evil/hello \
        --evidence stolen-supervisor.evidence --trust customer/trust.json

    tell attacker "puts another release's rebuild into the evidence" mix_evidence
    attack_verify "another release's evidence mixed in" mixed "$hello" --evidence mixed.evidence --trust customer/trust.json

    tell attacker "runs the ledger and one witness: a second history" split_view
    attack_verify "split view for one customer" no-quorum "$hello" --evidence split.evidence --trust customer/trust.json

    attack_verify "old release replayed, with its old evidence" superseded old/hello --evidence old/hello.evidence \
        --trust customer/trust.json --state customer/state

    tell attacker "conquers the build host: another artefact, signed" slip_in_at_build
    attack_step "build host slips a line into the source" "differs" rebuild hello 1.2
    expect supervisor "cannot approve what came out different" "differs" approve hello 1.2

    tell vendor "has one source reviewed, and builds another" swap_source
    attack_step "reviewed source is not the one built" "0 of 1 reviews" approve hello 1.3

    tell vendor "withdraws hello 1.1" withdraw hello 1.1 vendor/key "it greets too loudly"
    tell supervisor "withdraws it too; now it counts" withdraw hello 1.1 supervisor/key "it greets too loudly"
    attack_verify "withdrawn release installed" withdrawn "$hello" --trust customer/trust.json
}
