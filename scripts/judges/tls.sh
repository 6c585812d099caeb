# testssl.sh and sslyze look at our TLS; slowhttptest holds on to a server as long as it can.

# What is said of a certificate of a test authority, and of pages that are compressed: those hold no secret, and nothing that is sent back.
TESTSSL_KNOWN='cert_chain_of_trust|cert_trust|cert_crlDistributionPoints|cert_ocspURL|cert_revocation|cert_extlifeSpan|BREACH|DNS_CAArecord|OCSP_stapling|certificate_transparency'

judge_testssl() {
  debian testssl testssl.sh || { missing testssl.sh "Debian's package testssl.sh"; return 0; }
  with_tls 9443 || return 1
  rm -f "$said/testssl.json"
  testssl --quiet --color 0 --warnings off --add-ca "$at/ca.pem" --jsonfile "$said/testssl.json" localhost:9443 >"$said/testssl.txt" 2>&1
  local version found
  version=$(dpkg-query -W -f '${Version}' testssl.sh 2>/dev/null)
  found=$(python3 - "$said/testssl.json" "$TESTSSL_KNOWN" <<'PY'
import json, re, sys
rows = json.load(open(sys.argv[1]))
assert len(rows) > 100, "it looked at too little"
print(", ".join(row["id"] for row in rows if row["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL") and not re.match(sys.argv[2], row["id"])))
PY
  ) || return 1
  [ -z "$found" ] && passed testssl.sh "$version" "nothing but what a test authority's certificate and compressed static pages bring" || failed testssl.sh "$version" "$found"
}

SSLYZE=6.3.1

judge_sslyze() {
  pypi sslyze "$SSLYZE" || { missing sslyze "PyPI's package sslyze"; return 0; }
  with_tls 9443 || return 1
  "$at/venv/bin/sslyze" --mozilla_config=intermediate localhost:9443 >"$said/sslyze.txt" 2>&1
  local found
  # Nobody trusts the test authority, so one line may say that.
  found=$(sed -n '/COMPLIANCE AGAINST/,$p' "$said/sslyze.txt" | grep '^ *\* ' | grep -v certificate_path_validation)
  grep -q 'COMPLIANCE AGAINST' "$said/sslyze.txt" || return 1
  [ -z "$found" ] && passed sslyze "$SSLYZE" "Mozilla's intermediate configuration, but for the test authority" || failed sslyze "$SSLYZE" "$found"
}

judge_slowhttptest() {
  debian slowhttptest slowhttptest && debian ss iproute2 || { missing slowhttptest "Debian's package slowhttptest"; return 0; }
  with_tls 9443 || return 1
  local kind told="" bad=0 version held
  version=$(dpkg-query -W -f '${Version}' slowhttptest 2>/dev/null)
  # Slow heads, slow bodies, slow reading: 500 connections that would stay. It counts those as open that it has not read to the end, so how
  # many the server still has is asked of the system, half a minute later.
  for kind in "heads -H" "bodies -B" "reading -X"; do
    timeout 60 slowhttptest -c 500 "-${kind#* -}" -i 5 -r 200 -l 45 -p 3 -u https://localhost:9443/ >"$said/slow-${kind%% *}.txt" 2>&1 &
    sleep 30
    held=$(ss -Htn state established sport = :9443 | wc -l)
    wait $!
    sed 's/\x1b\[[0-9;]*m//g' "$said/slow-${kind%% *}.txt" | grep -q 'service available: *NO' && bad=1 && told+="away during slow ${kind%% *}; "
    [ "$held" -le 1 ] || bad=1
    told+="slow ${kind%% *}: $held of 500 held after 30 s; "
  done
  [ "$bad" = 0 ] && passed slowhttptest "$version" "${told%; }" || failed slowhttptest "$version" "${told%; }"
}
