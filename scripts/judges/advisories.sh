# Known weaknesses of what we build on. Each needs a list that somebody else keeps: ADVISORY_DB names a copy of the RustSec database, and
# npm asks its registry.

CARGO_AUDIT=0.22.2
# An older copy says too little.
ADVISORY_DAYS_MAX=30

judge_advisories() {
  rust_advisories
  npm_advisories
}

rust_advisories() {
  [ -d "${ADVISORY_DB:-}" ] || { missing "RustSec advisories" "name a copy of github.com/rustsec/advisory-db in ADVISORY_DB"; return 0; }
  local tool=$root/target/tools/bin/cargo-audit
  [ -x "$tool" ] || cargo install --debug --locked --root "$root/target/tools" "cargo-audit@$CARGO_AUDIT" >"$said/cargo-audit.log" 2>&1 \
    || { missing "RustSec advisories" "cargo-audit could not be installed"; return 0; }
  if [ -z "$(find "$ADVISORY_DB" -name '*.md' -mtime "-$ADVISORY_DAYS_MAX" -print -quit)" ]; then
    failed "RustSec advisories" "$CARGO_AUDIT" "the copy is older than $ADVISORY_DAYS_MAX days"
    return 0
  fi
  "$tool" audit --db "$ADVISORY_DB" --no-fetch --stale >"$said/cargo-audit.txt" 2>&1 \
    && passed "RustSec advisories" "$CARGO_AUDIT" "none in Cargo.lock" || failed "RustSec advisories" "$CARGO_AUDIT" "see $said/cargo-audit.txt"
}

npm_advisories() {
  local folder
  for folder in client-web tests/browser; do
    (cd "$root/$folder" && npm audit --json) >"$said/npm-audit.json" 2>/dev/null
    if ! grep -q '"auditReportVersion"' "$said/npm-audit.json"; then
      missing "npm audit" "the registry does not answer that question"
      return 0
    fi
    if ! (cd "$root/$folder" && npm audit >/dev/null 2>&1); then
      failed "npm audit" "$(npm --version)" "in $folder"
      return 0
    fi
  done
  passed "npm audit" "$(npm --version)" "none in the client and its tests"
}
