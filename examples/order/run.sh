#!/usr/bin/env bash
# Builds Segue, runs the order workflow from start to end on an embedded SQLite store, and stops what it started.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf '\n%s\n' "$*" >&2; }

say "Building (the first time takes some minutes) …"
cargo build --quiet --workspace --bin segue --example order_worker
target_dir=${CARGO_TARGET_DIR:-target}
segue=$target_dir/debug/segue
work=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT

say "Starting the server on a free port, data in a temporary SQLite file"
"$segue" server --port 0 --store "$work/order.db" 2>"$work/server.log" &
pids+=($!)
for _ in $(seq 100); do
  url=$(sed -n 's/^segue serves \(http[^ ]*\) .*/\1/p' "$work/server.log")
  [ -n "$url" ] && break
  kill -0 "${pids[0]}" 2>/dev/null || { cat "$work/server.log" >&2; exit 3; }
  sleep 0.1
done
[ -n "$url" ] || { echo "the server did not start:" >&2; cat "$work/server.log" >&2; exit 3; }
export SEGUE_SERVER=$url
head -n 1 "$work/server.log" >&2

say "Registering the definitions"
"$segue" def register examples/order/order.json examples/order/shipping.json --tasks examples/order/tasks.json

say "Starting two workers"
for n in 1 2; do
  "$target_dir/debug/examples/order_worker" 2>"$work/worker-$n.log" &
  pids+=($!)
done

say "Running one order (the first charge of the card fails and is retried)"
"$segue" start order --input @examples/order/input.json --correlation-id o-1001 --wait

cat >&2 <<NEXT

Done. Try next:
  cargo run -p segue-cli --bin segue -- server       a server that stays, on http://127.0.0.1:8080
  cargo run -p segue-cli --bin segue -- --help       every command
  docs/guides/first-workflow.md                      the same steps by hand
NEXT
