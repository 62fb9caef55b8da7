#!/bin/bash
# Tessera's hammer writes to our log and reads it, through the same contract as its own.
. "$(dirname "$0")/lib.sh"
need hammer
serve_ledger 10
timeout 60 hammer --log_public_key="$vkey" --log_url="$url/" --write_log_url="$url/" --show_ui=false \
    --num_writers 32 --max_write_ops 3000 --num_readers_random 2 --num_readers_full 2 --max_read_ops 200 \
    --max_runtime 40s --leaf_write_goal 2000 --logtostderr
vitrine ledger fsck log --vkey "$vkey"
refused "another log's key" timeout 20 hammer --log_public_key="$(interop key other.example | sed -n 2p)" \
    --log_url="$url/" --write_log_url="$url/" --show_ui=false --max_runtime 5s --leaf_write_goal 1 --logtostderr
