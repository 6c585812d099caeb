#!/usr/bin/env bash
# Starts a demonstration of its own, on a free port and in a folder that goes afterwards, and plays the walks against it.
# HANDRAIL names the binary; without it, the debug build of this folder. Arguments go to Playwright.
set -euo pipefail
cd "$(dirname "$0")"

root=$(cd ../.. && pwd)
binary=${HANDRAIL:-${CARGO_TARGET_DIR:-$root/target}/debug/handrail}
chromium=${CHROMIUM:-/usr/bin/chromium}
[ -x "$binary" ] || { echo "There is no server at $binary. Build it first: cargo build -p handrail" >&2; exit 1; }
[ -x "$chromium" ] || { echo "There is no Chromium at $chromium. Install it (apt-get install chromium), or name it in CHROMIUM." >&2; exit 1; }

if [ ! -e node_modules/.ready ] || [ package-lock.json -nt node_modules/.ready ]; then
  npm ci --no-audit --no-fund
  touch node_modules/.ready
fi
npm run --silent check

data=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" 2>/dev/null || true
  rm -rf "$data"
}
trap stop EXIT

"$binary" demo --data "$data/demo" --listen 127.0.0.1:0 >"$data/out" 2>"$data/log" &
server=$!
for _ in $(seq 300); do
  url=$(sed -n 's/^Handrail is at \(.*\)$/\1/p' "$data/out")
  [ -z "$url" ] || break
  kill -0 "$server" 2>/dev/null || { echo "The server did not start:" >&2; cat "$data/out" "$data/log" >&2; exit 1; }
  sleep 0.1
done
[ -n "$url" ] || { echo "The server said no address within 30 s:" >&2; cat "$data/out" "$data/log" >&2; exit 1; }

HANDRAIL_URL=$url HANDRAIL_ACCOUNTS=$data/demo/demo-accounts.json CHROMIUM=$chromium npx playwright test "$@"
