# The end of the demonstration: all that was made, in a Transparency Centre.  Sourced by
# tools/demo.sh.

# place COUNTRIES CLASS CELL STATE MORE... - one line of the table of residency.
place() {
    local countries=$1 class=$2 cell=$3 state=$4
    shift 4
    vitrine cell policy set --policy residency.json --country "$countries" --class "$class" --cell "$cell" --state "$state" "$@"
}

# Where data lie, as this product's cells have it: little has been moved yet, and it says so.
make_residency() {
    local eu=AT,BE,DE,ES,FR,IT,NL,PL home
    vitrine cell policy init --out residency.json --rest headquarters \
        --cell headquarters=CA,https://hq.example.org --cell zurich=CH,https://zurich.example.org \
        --cell tokyo=JP,https://tokyo.example.org --cell sao-paulo=BR,https://sao-paulo.example.org || return
    for home in file lookup statistic account; do place CA $home headquarters stays || return; done
    place CH,LI file zurich here && place CH,LI lookup zurich here && place CH,LI statistic zurich here &&
        place "$eu" lookup zurich here && place "$eu" statistic zurich here &&
        place "$eu" file headquarters moving --to zurich --fence 2027-03-01T00:00:00Z &&
        place "$eu" file zurich here --from 2027-03-31T00:00:00Z &&
        place JP file tokyo here --from 2027-12-31T00:00:00Z &&
        place BR file sao-paulo here --from 2027-09-30T00:00:00Z
}

sign_residency() { vitrine cell policy sign --policy residency.json --trust trust.json --key "$1/key"; }

log_residency() { vitrine cell policy log --policy residency.json --trust trust.json --ledger log; }

say_where_data_lie() {
    tell protection "writes down where each country's data lie" make_residency
    tell protection "signs that" sign_residency protection
    expect anyone "one of two signatures does not say where data lie" "too few" log_residency
    tell foundation "signs it; now it counts" sign_residency foundation
    tell foundation "puts it on the ledger" log_residency
    tell vendor "lists thirty services, and promises a date for each that moves" vitrine relocate plan \
        --file "$root/examples/relocation/plan.json" --ledger log --trust trust.json --key vendor/key
}

# The Centre holds copies: a mirror of the ledger, and what desk and public folder hold now.
gather_copies() {
    mkdir -p centre &&
        cp trust.json centre/trust.json &&
        cp demands.json centre/policy.json &&
        vitrine ledger mirror --dir centre/ledgers/releases --from log --policy policy.txt --origin $origin &&
        cp -al desk public centre/ && rm -f centre/desk/.vt-lock
}

# What the customer could verify above is what this Centre serves.
unpack_pages() {
    mkdir -p pages && tar -xf "public/vitrine-pages/$(cat "$root/VERSION")/vitrine-pages.tar" -C pages
}

# open_centre - serve it; its address goes to centre.url.
open_centre() {
    local pages=()
    [ ! -d pages ] || pages=(--pages pages)
    vitrine centre serve --dir centre "${pages[@]}" >centre.out 2>&1 &
    centre=$!
    served+=("$centre")
    for _ in $(seq 400); do
        grep -q '^ready:' centre.out && break
        kill -0 "$centre" 2>/dev/null || break
        sleep 0.05
    done
    sed -n 's/^ready: *//p' centre.out >centre.url
    [ -s centre.url ] || { cat centre.out; return 1; }
}

# ask_centre PATH WORDS - does the Centre's answer hold these words?
ask_centre() {
    local port
    port=$(sed 's/.*://' centre.url)
    exec 5<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: centre\r\nConnection: close\r\n\r\n' "$1" >&5
    cat <&5
    exec 5>&-
}

shows() { ask_centre "$1" >asked.out && grep -qF -- "$2" asked.out || { tail -n 3 asked.out; return 1; }; }

# What happened above is what is shown: nothing is invented, nothing is left out.
shows_the_story() {
    shows /api/v1/releases '"product":"zlib","refusing":0,"sequence":1,"state":"published"' &&
        shows /api/v1/releases '"product":"hello","refusing":0,"sequence":2,"state":"withdrawn"' &&
        shows /api/v1/releases '"product":"hello","refusing":0,"sequence":3,"state":"differs"' &&
        shows /api/v1/files/all "$(sha256sum <"public/vitrine/$(cat "$root/VERSION")/vitrine" | cut -c1-64)" &&
        shows /api/v1/residency '"version":1' &&
        shows /api/v1/relocation '"name":"spam-samples"' &&
        shows /api/v1/about '"problems":[]'
}

# The list of what is served is an output of the release: the verdict on it is one on the pages.
serves_released_pages() {
    local list=vitrine-pages.sha256
    vitrine centre pages "$(cat centre.url)" --out "customer/$list" &&
        verify "customer/$list" --evidence "public/vitrine-pages/$(cat "$root/VERSION")/$list.evidence" --product vitrine-pages
}

# Another foundation's Centre begins with its own trust root, and shows the same digests.
mirror_centre() {
    mkdir -p centre-jp && cp trust.json centre-jp/trust.json && cp demands.json centre-jp/policy.json &&
        vitrine centre mirror centre centre-jp --as first &&
        vitrine centre compare centre-jp "$(cat centre.url)" --keep first
}

compare_altered() {
    printf ' ' >>centre-jp/public/hello/1.1/hello.evidence &&
        vitrine centre compare centre-jp "$(cat centre.url)"
}

run_centre() {
    echo "5. The Transparency Centre"
    say_where_data_lie
    tell foundation "copies ledger, desk and public folder, and believes none" gather_copies
    [ ! -e public/vitrine-pages ] || tell foundation "takes the pages that the line released" unpack_pages
    tell foundation "opens the Centre over them" open_centre
    tell anyone "finds published, withdrawn and differing releases there" shows_the_story
    [ ! -d pages ] || tell anyone "asks whether it serves the pages that were released: yes" serves_released_pages
    tell "2nd Centre" "mirrors it, each byte by its digest, and shows the same" mirror_centre
    expect anyone "one altered digest in the mirror is named" "altered: hello 1.1: evidence" compare_altered
    [ -n "$keep" ] || kill "$centre" 2>/dev/null
}
