#!/bin/bash
# Tessera's client and golang.org/x/mod read our log and believe it; a changed byte they do not.
. "$(dirname "$0")/lib.sh"
need interop
serve_ledger 700
interop read "$url" "$vkey"
interop sumdb "$url" "$vkey"
flip log/tile/0/000 40
refused "a changed tile (Tessera's client)" interop read "$url" "$vkey"
refused "a changed tile (x/mod)" interop sumdb "$url" "$vkey"
flip log/tile/0/000 40
interop read "$url" "$vkey"
