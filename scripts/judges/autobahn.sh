# Autobahn's suite for WebSocket (RFC 6455): sections 1 to 7 and 10, over ws and wss, against our accept stack (server/examples/echo.rs).
# It runs under Python 2.7 alone. Debian has that no more, so where there is none it is taken out of Debian 11's packages, beside the system.

AUTOBAHN=0.8.2

python2() {
  if python2.7 -c "" 2>/dev/null; then python2.7 "$@"; return; fi
  LD_LIBRARY_PATH=$at/py2/usr/lib/x86_64-linux-gnu PYTHONHOME=$at/py2/usr "$at/py2/usr/bin/python2.7" "$@"
}

old_python() {
  python2 -c "" 2>/dev/null && return 0
  [ "$(id -u)" = 0 ] && [ "$(uname -m)" = x86_64 ] || return 1
  mkdir -p "$at"/bullseye/{lists/partial,cache/archives/partial,debs} "$at/py2"
  echo "deb http://deb.debian.org/debian bullseye main" >"$at/bullseye/sources.list"
  local apt=(-q -o "Dir::Etc::sourcelist=$at/bullseye/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$at/bullseye/lists" -o "Dir::Cache=$at/bullseye/cache")
  (cd "$at/bullseye/debs" && apt-get "${apt[@]}" update && apt-get "${apt[@]}" download python2.7 python2.7-minimal python2.7-dev \
    libpython2.7 libpython2.7-minimal libpython2.7-stdlib libpython2.7-dev libffi7 libssl1.1) >"$said/python2.log" 2>&1 || return 1
  for deb in "$at"/bullseye/debs/*.deb; do dpkg-deb -x "$deb" "$at/py2"; done
  python2 -c 'import ssl'
}

old_packages() {
  [ -e "$at/py2-site/.ready" ] && return 0
  old_python || return 1
  python3 -m pip download -q --no-deps -d "$at/py2-wheels" pip==20.3.4 setuptools==44.1.1 wheel==0.37.1 || return 1
  local pip=(python2 -m pip install -q --no-build-isolation)
  {
    PYTHONPATH=$at/py2-wheels/pip-20.3.4-py2.py3-none-any.whl "${pip[@]}" --no-index --no-deps --target "$at/py2-base" "$at"/py2-wheels/*.whl
    export PYTHONPATH=$at/py2-base CFLAGS=-I$at/py2/usr/include/python2.7
    "${pip[@]}" --target "$at/py2-site" txaio==2.1.0 twisted==20.3.0 klein==17.10.0 'jinja2<3' 'werkzeug<1' pyopenssl==20.0.1 \
      cryptography==3.3.2 service_identity==18.1.0 six unittest2==1.1.0
    "${pip[@]}" --no-deps --upgrade --target "$at/py2-site" "autobahntestsuite==$AUTOBAHN" autobahn==0.10.9
    # autobahn has a plugin that lies where twisted does.
    "${pip[@]}" --no-deps --upgrade --target "$at/py2-site" twisted==20.3.0
    unset PYTHONPATH CFLAGS
  } >>"$said/python2.log" 2>&1
  touch "$at/py2-site/zope/__init__.py"
  PYTHONPATH=$at/py2-site python2 -c 'import autobahntestsuite.fuzzing' 2>>"$said/python2.log" && touch "$at/py2-site/.ready"
}

judge_autobahn() {
  old_packages || { missing Autobahn "it needs Python 2.7, which is not here and could not be had from Debian 11"; return 0; }
  certificate localhost
  target/debug/examples/echo 127.0.0.1:9301 & servers+=($!)
  target/debug/examples/echo 127.0.0.1:9302 "$at/localhost.pem" "$at/localhost.key" & servers+=($!)
  up 9301 && up 9302 || return 1
  rm -rf "$said/autobahn"
  printf '{"outdir":"%s","servers":[{"agent":"ws","url":"ws://127.0.0.1:9301"},{"agent":"wss","url":"wss://127.0.0.1:9302"}],"cases":["1.*","2.*","3.*","4.*","5.*","6.*","7.*","10.*"],"exclude-cases":[],"exclude-agent-cases":{}}' \
    "$said/autobahn" >"$at/autobahn.json"
  PYTHONPATH=$at/py2-site python2 -c 'from autobahntestsuite.wstest import run; run()' -m fuzzingclient -s "$at/autobahn.json" >"$said/autobahn.log" 2>&1
  local told
  told=$(python3 - "$said/autobahn/index.json" <<'PY'
import collections, json, sys
bad = 0
for agent, cases in json.load(open(sys.argv[1])).items():
    ends = collections.Counter(case["behavior"] for case in cases.values())
    bad += sum(case["behavior"] in ("FAILED", "UNIMPLEMENTED", "WRONG CODE", "UNCLEAN", "FAILED BY CLIENT") or case["behaviorClose"] not in ("OK", "INFORMATIONAL") for case in cases.values())
    bad += len(cases) < 240
    print(f"{agent}: {len(cases)} cases, " + ", ".join(f"{many} {word.lower()}" for word, many in sorted(ends.items())), end="; ")
sys.exit(bad > 0)
PY
  ) && passed Autobahn "$AUTOBAHN" "${told%; }" || failed Autobahn "$AUTOBAHN" "${told%; }"
}
