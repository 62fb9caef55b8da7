#!/bin/bash
# peers.sh FOLDER - build the peers that the interop tests speak with into FOLDER/bin, at
# the versions named here, through Go's ordinary client.  Says nothing when all are there.
# Exit 0 also when they cannot be had: the tests then say why they are skipped.
set -u
command -v go >/dev/null || exit 0
mkdir -p "$1/bin"
bin=$(cd "$1/bin" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
tessera=github.com/transparency-dev/tessera torchwood=filippo.io/torchwood

get() { # get PROGRAM PATH@VERSION
    [ -x "$bin/$1" ] && return
    echo "peers: building $1 ($2)"
    GOBIN=$bin GOFLAGS=-mod=mod timeout 600 go install "$2" 2>"$bin/$1.log" ||
        echo "peers: $1 cannot be had, see $bin/$1.log"
}
get posix $tessera/cmd/conformance/posix@v1.0.4
get posix-oneshot $tessera/cmd/examples/posix-oneshot@v1.0.4
get fsck $tessera/cmd/fsck@v1.0.4
get hammer $tessera/internal/hammer@v1.0.4
get litewitness $torchwood/cmd/litewitness@v0.9.0
# Ours is built anew where its sources changed.
if [ ! -x "$bin/interop" ] || [ -n "$(find "$here/go" -newer "$bin/interop" -type f)" ]; then
    echo "peers: building interop (tests/interop/go)"
    (cd "$here/go" && timeout 600 go build -mod=readonly -o "$bin/interop" .) 2>"$bin/interop.log" ||
        echo "peers: interop cannot be built, see $bin/interop.log"
fi
if [ -x "$bin/interop" ] && [ ! -e "$bin/tessera.key" ]; then
    "$bin/interop" key tessera.example/log >"$bin/pair"
    sed -n 1p "$bin/pair" >"$bin/tessera.key"
    sed -n 2p "$bin/pair" >"$bin/tessera.vkey"
fi
exit 0
