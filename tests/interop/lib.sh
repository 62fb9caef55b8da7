# What the interop cases share.  Each is called with the folder of `vitrine`, an empty
# folder to work in, and the folder of the peers.  Exit 77: a peer is not there.
set -eu
PATH=$1:$3:$PATH
cd "$2"
peers=$3
started=()
trap '[ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null' EXIT

need() {
    command -v go >/dev/null || { echo "why: go is not installed"; exit 77; }
    for program; do
        [ -x "$peers/$program" ] || { echo "why: the Go modules of the peers cannot be had"; exit 77; }
    done
}

# start OUTPUT PROGRAM... - in the background, ended with the case.
start() {
    local out=$1
    shift
    "$@" >"$out" 2>&1 &
    started+=($!)
}
wait_for() { # wait_for FILE WORD
    for _ in $(seq 150); do
        grep -q -- "$2" "$1" 2>/dev/null && return
        sleep 0.1
    done
    echo "no '$2' in $1:"
    cat "$1"
    exit 1
}
url_of() { sed -n 's/^ready: *//p' "$1"; }

# A ledger with COUNT entries that is served; $url and $vkey.
serve_ledger() { # serve_ledger COUNT [init options...]
    local count=$1
    shift
    [ -e log.key ] || vitrine key new --out log.key >/dev/null
    vitrine ledger init --dir log --origin log.example/interop --key log.key "$@" >init.out
    vkey=$(tail -n 1 init.out)
    echo "$vkey" >vkey
    start serve.out vitrine ledger serve --dir log
    wait_for serve.out ready:
    url=$(url_of serve.out)
    add_entries 0 "$count"
}
add_entries() { # add_entries FROM TO - and wait until the last is published
    local i
    for ((i = $1; i < $2 - 1; i++)); do
        printf '\000\013entry %05d' "$i"
    done >batch
    [ ! -s batch ] || curl -sf --data-binary @batch "$url/add-batch" >/dev/null
    printf 'entry %05d' $(($2 - 1)) >last.entry
    curl -sf -H 'Accept: application/vnd.vitrine.tlog-proof' --data-binary @last.entry "$url/add" >last.proof
}
refused() { # refused WHAT COMMAND... - must fail
    local what=$1
    shift
    if "$@" >refused.out 2>&1; then
        echo "accepted: $what"
        exit 1
    fi
}
# One byte of a file, changed and changed back.
flip() { printf "$(printf '\\x%02x' $((0x$(xxd -s "$2" -l 1 -p "$1") ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null; }
