# What an operator is given is read by what it is written for: alerts by promtool, the site by nginx, which then carries a socket to a gateway,
# the unit by systemd.

# The greatest exposure that systemd may see in our unit, of ten.
EXPOSURE_MAX=2.0

judge_operate() {
  alerts_by_promtool
  site_by_nginx
  unit_by_systemd
}

alerts_by_promtool() {
  debian promtool prometheus || { missing promtool "Debian's package prometheus"; return 0; }
  local version
  version=$(promtool --version 2>&1 | sed -n 's/^promtool, version \([0-9.]*\).*/\1/p')
  (cd config/deploy/prometheus && promtool check rules handrail.rules.yml && promtool test rules handrail.test.yml && promtool check config prometheus.yml) \
    >"$said/promtool.txt" 2>&1 && passed promtool "$version" "alerts are read, and ring when they should" || failed promtool "$version" "see $said/promtool.txt"
}

site_by_nginx() {
  debian nginx nginx-light || { missing nginx "Debian's package nginx-light"; return 0; }
  pypi websockets 15.0.1 || { missing nginx "PyPI's package websockets, to open a socket through it"; return 0; }
  local version
  version=$(nginx -v 2>&1 | sed 's/.*nginx.//')
  certificate localhost
  demo 9180 || return 1
  kill "${servers[@]}" && wait "${servers[@]}" 2>/dev/null
  printf '[server]\nlisten = "127.0.0.1:9181"\nbehind_proxy = true\npublic_origins = ["https://localhost:9443"]\n[session]\nsecond_step = "nobody"\n[store]\npath = "demo"\n[rules]\nfolder = "%s/config/rules"\n' "$root" >"$at/proxied.toml"
  "$handrail" serve --config "$at/proxied.toml" >"$said/proxied.log" 2>&1 &
  servers=($!)
  # The site as it is given, on ports that anybody may have.
  sed -e "s|/etc/ssl/handrail/chain.pem|$at/localhost.pem|; s|/etc/ssl/handrail/key.pem|$at/localhost.key|; s|127.0.0.1:8080|127.0.0.1:9181|" \
    -e 's|listen 443 ssl|listen 127.0.0.1:9443 ssl|; s|listen 80;|listen 127.0.0.1:9081;|; /listen \[::\]/d; s|chat.example.org|localhost|' config/deploy/nginx/handrail.conf >"$at/site.conf"
  printf 'daemon off; pid %s/nginx.pid; error_log %s/nginx.log; events {}\nhttp { include %s/site.conf; }\n' "$at" "$said" "$at" >"$at/nginx.conf"
  nginx -c "$at/nginx.conf" 2>>"$said/nginx.log" &
  servers+=($!)
  up 9181 && up 9443 || return 1
  if "$at/venv/bin/python" - "$at/ca.pem" "$(token mentor1)" >"$said/nginx.txt" 2>&1 <<'PY'
import json, ssl, sys
from websockets.sync.client import connect

trusts = ssl.create_default_context(cafile=sys.argv[1])
who = {"Authorization": f"Bearer {sys.argv[2]}"}
with connect("wss://localhost:9443/live", ssl=trusts, subprotocols=["handrail.v1.json"], additional_headers=who) as socket:
    socket.send(json.dumps({"op": "hello", "id": 1}))
    welcome = json.loads(socket.recv(timeout=10))
    assert welcome["op"] == "welcome", welcome
    conversation = welcome["conversations"][0]["id"]
    socket.send(json.dumps({"op": "send", "id": 2, "conversation": conversation, "cid": "m1", "text": "through the proxy"}))
    heard = [json.loads(socket.recv(timeout=10)) for _ in range(2)]
    assert any(frame["op"] == "ok" and frame["status"] == "delivered" for frame in heard), heard
PY
  then passed nginx "$version" "the site is read, and a message goes through it"; else failed nginx "$version" "see $said/nginx.txt"; fi
}

unit_by_systemd() {
  command -v systemd-analyze >/dev/null || { missing systemd "systemd-analyze"; return 0; }
  local version exposure
  version=$(systemd-analyze --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
  exposure=$(systemd-analyze security --offline=yes config/deploy/systemd/handrail.service 2>/dev/null | sed -n 's/.*exposure level[^0-9]*\([0-9.]*\).*/\1/p')
  if [ -n "$exposure" ] && awk "BEGIN { exit !($exposure <= $EXPOSURE_MAX) }"; then
    passed systemd "$version" "exposure of the unit: $exposure of 10"
  else
    failed systemd "$version" "exposure of the unit: ${exposure:-not told}"
  fi
}
