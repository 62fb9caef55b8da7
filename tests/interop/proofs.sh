#!/bin/bash
# Proofs go both ways: ours are checked by x/mod and transparency-dev/merkle, theirs by us.
. "$(dirname "$0")/lib.sh"
need interop
serve_ledger 700
interop check last.proof "$vkey" last.entry
echo forged >forged.entry
refused "our proof for another entry" interop check last.proof "$vkey" forged.entry
interop prove "$url" "$vkey" 123 >their.proof
printf 'entry 00123' >their.entry
printf 'log %s\nquorum none\n' "$vkey" >policy
vitrine ledger check their.entry --proof their.proof --policy policy --origin log.example/interop
refused "their proof for another entry" vitrine ledger check forged.entry --proof their.proof --policy policy \
    --origin log.example/interop
