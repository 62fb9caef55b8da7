# The end of the demonstration: all that was made, in a Transparency Centre.  Sourced by
# tools/demo.sh.

# The Centre holds copies: a mirror of the ledger, and what desk and public folder hold now.
gather_copies() {
    mkdir -p centre &&
        cp trust.json centre/trust.json &&
        cp demands.json centre/policy.json &&
        vitrine ledger mirror --dir centre/ledgers/releases --from log --policy policy.txt --origin $origin &&
        cp -al desk public centre/ && rm -f centre/desk/.vt-lock
}

# open_centre - serve it; its address goes to centre.url.
open_centre() {
    vitrine centre serve --dir centre >centre.out 2>&1 &
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
        shows /api/v1/about '"problems":[]'
}

run_centre() {
    echo "5. The Transparency Centre"
    tell foundation "copies ledger, desk and public folder, and believes none" gather_copies
    tell foundation "opens the Centre over them" open_centre
    tell anyone "finds published, withdrawn and differing releases there" shows_the_story
    [ -n "$keep" ] || kill "$centre" 2>/dev/null
}
