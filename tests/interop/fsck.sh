#!/bin/bash
# Tessera's fsck passes our log, small and large, and finds a byte changed in it.
. "$(dirname "$0")/lib.sh"
need fsck
serve_ledger 300
check() { fsck --storage_url="$url/" --origin log.example/interop --public_key=vkey --ui=false --logtostderr; }
check
add_entries 300 5300
check >fsck.out 2>&1
grep -q "size 5300" fsck.out
flip log/tile/entries/003 100
# It names the range that is invalid, and then tries for ever: time ends it.
refused "a changed entry" timeout 5 fsck --storage_url="$url/" --origin log.example/interop --public_key=vkey \
    --ui=false --logtostderr --v 2
grep -q "Invalid" refused.out
