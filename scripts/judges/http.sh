# schemathesis plays what /api/openapi.json says, and what it does not, as nobody and as each kind of person; wapiti looks for holes in the
# running client; MDN's observatory grades the headers.

SCHEMATHESIS=4.32.5

judge_schemathesis() {
  pypi schemathesis "$SCHEMATHESIS" || { missing schemathesis "PyPI's package schemathesis"; return 0; }
  demo 9180 || return 1
  local who told="" bad=0
  for who in nobody mentee1 supervisor1 coordinator; do
    local as=() less=()
    if [ "$who" != nobody ]; then
      as=(-H "Authorization: Bearer $(token "$who")")
      # It puts a false cookie beside the right bearer token, which goes before it; as nobody it asks all with none.
      less=(--exclude-checks ignored_auth)
    fi
    # Signing out is not played: the others would then be asked as nobody.
    (cd "$at" && "$at/venv/bin/st" --config-file "$root/scripts/judges/schemathesis.toml" run http://127.0.0.1:9180/api/openapi.json \
      "${as[@]}" "${less[@]}" --exclude-path-regex '^/api/sessions?$' --max-examples 30 --seed 7) >"$said/schemathesis-$who.txt" 2>&1 || bad=1
    told+="$who: $(sed -n 's/^ *\([0-9]* generated.*\)$/\1/p' "$said/schemathesis-$who.txt" | head -1); "
  done
  [ "$bad" = 0 ] && passed schemathesis "$SCHEMATHESIS" "${told%; }" || failed schemathesis "$SCHEMATHESIS" "${told%; }"
}

# A header that browsers have dropped, and one that a plain server on this machine must not send.
WAPITI_KNOWN='X-XSS-Protection is not set|Strict-Transport-Security is not set'

judge_wapiti() {
  debian wapiti wapiti || { missing wapiti "Debian's package wapiti"; return 0; }
  demo 9180 || return 1
  local who found="" version
  for who in mentee1 supervisor1 coordinator; do
    # It starts from the pages that it cannot find by itself, since they are drawn by a script. SSRF asks a server elsewhere.
    /usr/bin/wapiti -u http://127.0.0.1:9180/ -s http://127.0.0.1:9180/sign-in -s http://127.0.0.1:9180/join -s http://127.0.0.1:9180/help \
      -s 'http://127.0.0.1:9180/api/articles?q=work' -s 'http://127.0.0.1:9180/api/oversight?days=7' -s http://127.0.0.1:9180/staff \
      -H "Cookie: __Host-handrail=$(token "$who")" -m all,-ssrf --flush-session --max-scan-time 120 -f json -o "$said/wapiti-$who.json" \
      >"$said/wapiti-$who.txt" 2>&1
    found+=$(python3 - "$said/wapiti-$who.json" "$WAPITI_KNOWN" <<'PY'
import json, re, sys
told = json.load(open(sys.argv[1]))
for kind in ("vulnerabilities", "anomalies"):
    for name, rows in told[kind].items():
        for row in rows:
            if not re.search(sys.argv[2], row["info"]):
                print(f"{name}: {row['path']} {row['info'][:80]}", end="; ")
PY
    ) || return 1
  done
  version=$(dpkg-query -W -f '${Version}' wapiti 2>/dev/null)
  [ -z "$found" ] && passed wapiti "$version" "all modules, as a mentee, a supervisor and a coordinator: nothing but two headers that are left out on purpose" || failed wapiti "$version" "$found"
}

OBSERVATORY=1.4.8

judge_observatory() {
  debian npm npm && npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$at/observatory" "@mdn/mdn-http-observatory@$OBSERVATORY" >"$said/npm.log" 2>&1 \
    || { missing "MDN HTTP Observatory" "npm's package @mdn/mdn-http-observatory"; return 0; }
  [ "$(id -u)" = 0 ] || { missing "MDN HTTP Observatory" "it wants a name and port 443, for which one must be root"; return 0; }
  local modules=$at/observatory/node_modules
  echo '{}' >"$modules/@mdn/mdn-http-observatory/conf/hsts-preload.json"
  configure chat.handrail.example 443
  sed -i 's/:443"]/"]/' "$at/chat.handrail.example.toml"
  mkdir -p "$modules/node_extra_ca_certs_mozilla_bundle/ca_bundle"
  cp "$at/ca.pem" "$modules/node_extra_ca_certs_mozilla_bundle/ca_bundle/ca_intermediate_bundle.pem"
  echo "127.0.0.1 localhost chat.handrail.example" >"$at/hosts"
  # In a network of its own, where that name is this machine.
  unshare --net --mount bash -c '
    ip link set lo up && mount --bind "$1/hosts" /etc/hosts
    "$2" serve --config "$1/chat.handrail.example.toml" >"$3/observatory-serve.log" 2>&1 &
    for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/443) 2>/dev/null && break; sleep 0.1; done
    timeout 90 "$4/.bin/mdn-http-observatory-scan" chat.handrail.example >"$3/observatory.json" 2>"$3/observatory.err"
    kill %1' judge "$at" "$handrail" "$said" "$modules"
  local told
  told=$(python3 -c 'import json,sys; scan = json.load(open(sys.argv[1]))["scan"]; print(scan["grade"], scan["score"]); sys.exit(scan["grade"] != "A+")' "$said/observatory.json") \
    && passed "MDN HTTP Observatory" "$OBSERVATORY" "$told" || failed "MDN HTTP Observatory" "$OBSERVATORY" "${told:-no answer}"
}
