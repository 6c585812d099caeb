# Handrail's commands. `make run` to see it, `make test` before every commit, `make load` to measure it.

.DELETE_ON_ERROR:
.PHONY: run pictures test test-long fuzz load load-nodes load-storm load-long load-knee bench bench-socketio bench-store client check rust-test client-test browser-test judge release need-build need-test clean

CARGO_DENY_VERSION := 0.20.2
CARGO_FUZZ_VERSION := 0.13.2
FUZZ_SECONDS ?= 60
BROWSER_PORT ?= 8123
TOOLS := target/tools
# The tests mostly wait for servers: more of them at once than there are cores.
TEST_THREADS ?= 8
export PATH := $(CURDIR)/$(TOOLS)/bin:$(PATH)

# --- Running ---------------------------------------------------------------------------------------------------------

## Installs what is missing, builds client and server, and starts the demonstration.
run: need-build client
	cargo build --release --locked -p handrail
	./target/release/handrail demo --data data/demo

client: client-web/dist/index.html

client-web/dist/index.html: client-web/node_modules/.ready $(shell find client-web -path client-web/node_modules -prune -o -path client-web/dist -prune -o -type f -print)
	cd client-web && npm run build

client-web/node_modules/.ready: client-web/package-lock.json
	cd client-web && npm ci --no-audit --no-fund
	touch $@

# --- Testing ---------------------------------------------------------------------------------------------------------

## Everything that must hold: style, licences, rules, stories, faults, the client and the browser.
test: need-build need-test client check rust-test client-test browser-test
	@echo "All tests passed."

check: client
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo deny --all-features check licenses bans sources
	cd client-web && npm run check

# The browser's tests and some of the Rust ones start the real binary.
rust-test: client
	cargo build --locked --workspace --bins
	RUST_TEST_THREADS=$(TEST_THREADS) cargo test --locked --workspace

client-test: client
	cd client-web && npm test

browser-test: client
	cargo build --locked -p handrail
	tests/browser/run.sh

## The README's pictures, from the product itself.
pictures: need-test client
	cargo build --locked -p handrail
	HANDRAIL_PICTURES=1 tests/browser/run.sh pictures

## The long forms: more rounds of kills, longer load, everything that is sampled otherwise, and the fuzz targets.
test-long: test fuzz
	HANDRAIL_LONG=1 PROPTEST_CASES=20000 RUST_TEST_THREADS=$(TEST_THREADS) cargo test --locked --workspace
	HANDRAIL_LONG=1 tests/browser/run.sh nodes

# The fuzzer wants flags of the compiler that a stable one takes only so. Without a sanitizer, since there is no unsafe code here.
FUZZ := server/domain/fuzz

## Looks for inputs that break the filter, a minute a target.
fuzz: need-build $(TOOLS)/.cargo-fuzz
	@scripts/need c++:g++
	for target in normalise pack judge; do \
	  mkdir -p target/fuzz/corpus/$$target target/fuzz/found/$$target; \
	  RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir $(FUZZ) --target-dir target/fuzz -s none $$target target/fuzz/corpus/$$target \
	    -- -max_total_time=$(FUZZ_SECONDS) -max_len=1000 -artifact_prefix=target/fuzz/found/$$target/ || exit 1; \
	done

## Outside judges, of protocol, TLS, HTTP and headers; a quarter of an hour. Which found what is in server/SECURITY.md.
judge: need-build client
	scripts/judge

## What is given out: the program, what it is made of, checksums. `scripts/release --again` shows that it can be built again.
release: need-build
	scripts/release

# --- Measuring -------------------------------------------------------------------------------------------------------

LOAD := ./target/dist/handrail-load run --relationships 500 --rate 250 --duration 60s

## 500 relationships, 250 messages a second, a minute: in process, then over Redis.
load: need-build need-test client
	cargo build --profile dist --locked -p handrail -p handrail-load
	mkdir -p target/load
	$(LOAD) --json target/load/report.json
	$(LOAD) --redis auto --json target/load/report-redis.json

## The same on one node and on two, over PostgreSQL and Redis, with what a message costs each of them.
load-nodes: need-build need-test client
	cargo build --profile dist --locked -p handrail -p handrail-load
	mkdir -p target/load
	$(LOAD) --redis auto --postgres auto --json target/load/report-node.json
	$(LOAD) --redis auto --postgres auto --nodes 2 --json target/load/report-nodes.json

## 1,000 links drop at once, a server is killed, a node dies, a node is drained; and 10,000 sockets that say nothing.
load-storm: need-build need-test client
	cargo build --profile dist --locked -p handrail -p handrail-load
	mkdir -p target/load
	./target/dist/handrail-load storm --json target/load/storm.json
	./target/dist/handrail-load storm --redis auto --postgres auto --nodes 2 --json target/load/storm-nodes.json
	./target/dist/handrail-load idle --json target/load/idle.json

## A million messages and more, each laid before the oracle. Half an hour.
load-long: need-build need-test client
	cargo build --profile dist --locked -p handrail -p handrail-load
	mkdir -p target/load
	./target/dist/handrail-load run --relationships 500 --rate 600 --duration 28m --json target/load/report-long.json

## How many messages a second this machine carries.
load-knee: need-build need-test client
	cargo build --profile dist --locked -p handrail -p handrail-load
	mkdir -p target/load
	./target/dist/handrail-load profile loadtest/profiles/knee.toml --json target/load/knee.json

## What each step of a message costs, beside the least that it can; then the whole, beside floors that do next to nothing.
bench: need-build need-test client
	cargo build --profile dist --locked -p handrail -p handrail-load -p handrail-floor
	cargo bench --locked -p handrail-domain
	cargo bench --locked -p handrail --bench path
	mkdir -p target/load
	./target/dist/handrail-load floors --json target/load/floors.json

## The same people on Handrail, its floors, and a chat of Socket.IO and Redis (loadtest/peers), in one run.
bench-socketio: need-build need-test client
	cargo build --profile dist --locked -p handrail -p handrail-load -p handrail-floor
	cd loadtest/peers/socketio && npm ci --no-audit --no-fund
	mkdir -p target/load
	./target/dist/handrail-load floors --socketio loadtest/peers/socketio --json target/load/socketio.json

## What the record takes on each database beside a bare loop, and how it reads with a million messages on disk.
bench-store: need-build need-test client
	cargo bench --locked -p handrail --bench store

# --- What is needed --------------------------------------------------------------------------------------------------

# Debian's packages; without root they are named, and nothing is skipped.
need-build:
	@scripts/need cc:gcc make:make git:git cargo: node: npm:
need-test: $(TOOLS)/.cargo-deny
	@scripts/need redis-server:redis-server chromium:chromium pg_ctlcluster:postgresql strace:strace faketime:faketime ip:iproute2 pebble:pebble

$(TOOLS)/.cargo-deny:
	@mkdir -p $(TOOLS)
	@cargo deny --version 2>/dev/null | grep -q . || \
	  cargo install --debug --locked --root $(TOOLS) cargo-deny@$(CARGO_DENY_VERSION)
	@touch $@

$(TOOLS)/.cargo-fuzz:
	@mkdir -p $(TOOLS)
	@cargo fuzz --version 2>/dev/null | grep -q . || \
	  cargo install --debug --locked --root $(TOOLS) cargo-fuzz@$(CARGO_FUZZ_VERSION)
	@touch $@

clean:
	rm -rf target client-web/dist client-web/node_modules
