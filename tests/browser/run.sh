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

# Sets `server` and `url`.
start() {
  : >"$data/out"
  "$binary" demo --data "$data/demo" --listen 127.0.0.1:0 >"$data/out" 2>"$data/log" &
  server=$!
  for _ in $(seq 300); do
    url=$(sed -n 's/^Handrail is at \(.*\)$/\1/p' "$data/out")
    [ -z "$url" ] || return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  echo "The server did not start:" >&2
  cat "$data/out" "$data/log" >&2
  exit 1
}

# The first mentor gets a second mentee, as a coordinator gives them one: by the command line, while the server is down.
start
kill "$server" && wait "$server" || true
printf '[store]\npath = "%s"\n[rules]\nfolder = "%s"\n' "$data/demo" "$root/config/rules" >"$data/handrail.toml"
"$binary" relationship add --config "$data/handrail.toml" mentor1 mentee2 >"$data/relationship"

# What every site must have written down before anybody is brought together there.
basis() {
  "$binary" site basis --config "$data/handrail.toml" "$1" --article-6 public_task --condition counselling --policy "Shelf 3" \
    --review "$(date -d '+1 year' +%F)" >>"$data/relationship"
}

# A second site, which asks the sender of an altered text, and where nobody is on duty unless a walk says so.
"$binary" site add --config "$data/handrail.toml" Harbour >>"$data/relationship"
basis Harbour
"$binary" site consent --config "$data/handrail.toml" Harbour on >>"$data/relationship"
"$binary" site hours --config "$data/handrail.toml" Harbour "every day, 4pm to 10pm" >>"$data/relationship"
for who in mentee:mentee mentor:mentor supervisor:supervisor newcomer:mentee other:mentor coordinator:coordinator; do
  name=${who%:*}
  echo "harbour-password-$name" | "$binary" account add --config "$data/handrail.toml" --site Harbour --role "${who#*:}" \
    --name "Harbour ${name^}" --username "harbour-$name" --password-stdin >>"$data/relationship"
done
"$binary" relationship add --config "$data/handrail.toml" harbour-mentee harbour-mentor >>"$data/relationship"
"$binary" relationship add --config "$data/handrail.toml" harbour-newcomer harbour-other >>"$data/relationship"

# A third site, where there is nobody yet but those who will run it.
"$binary" site add --config "$data/handrail.toml" Hillside >>"$data/relationship"
basis Hillside
for name in coordinator colleague; do
  echo "hillside-password-$name" | "$binary" account add --config "$data/handrail.toml" --site Hillside --role coordinator \
    --name "Hillside ${name^}" --username "hillside-$name" --password-stdin >>"$data/relationship"
done
start

HANDRAIL_BINARY=$binary HANDRAIL_URL=$url HANDRAIL_ACCOUNTS=$data/demo/demo-accounts.json CHROMIUM=$chromium npx playwright test "$@"
