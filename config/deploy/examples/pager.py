#!/usr/bin/env python3
"""Rings somebody for each urgent item of a site's queue: one of a consumer group on the supervisor channel.

usage: pager.py REDIS_HOST:PORT STREAM COMMAND...

The item's id is added to COMMAND, which must succeed before the entry counts as seen; it is rung again otherwise. The format of
STREAM is in server/CHANNEL.md. A password for Redis is taken from REDIS_PASSWORD. This program decides nothing and knows no
text: whoever is rung opens the queue, and decides there.
"""
import os, socket, subprocess, sys, time

GROUP, NAME = "pager", socket.gethostname()


class Redis:
    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.line = socket.create_connection((host, int(port)), timeout=15).makefile("rwb")
        if "REDIS_PASSWORD" in os.environ:
            self.ask("AUTH", os.environ["REDIS_PASSWORD"])

    def ask(self, *words):
        parts = [b"$%d\r\n%s\r\n" % (len(word), word) for word in map(str.encode, words)]
        self.line.write(b"*%d\r\n" % len(parts) + b"".join(parts))
        self.line.flush()
        return self.answer()

    def answer(self):
        head = self.line.readline()
        if not head.endswith(b"\r\n"):
            raise ConnectionError("Redis is gone")
        kind, rest = head[:1], head[1:-2].decode()
        if kind == b"-":
            raise RuntimeError(rest)
        if kind == b"$":
            return None if rest == "-1" else self.line.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.answer() for _ in range(int(rest))]
        return rest


def rings(entry):
    news = entry["kind"] in ("hold", "escalate", "overdue")
    return news and entry["severity"] == "urgent" and entry["state"] != "closed"


def follow(redis, stream, command, last):
    """Reads what was not acknowledged, then what is new, and keeps the last id in `last`."""
    after = "0"
    while True:
        try:
            found = redis.ask(
                "XREADGROUP", "GROUP", GROUP, NAME, "COUNT", "100", "BLOCK", "5000", "STREAMS", stream, after
            )
        except RuntimeError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            # The first start, or Redis has lost everything: ids are good over that, so it goes on after the last one.
            redis.ask("XGROUP", "CREATE", stream, GROUP, last[0], "MKSTREAM")
            continue
        entries = found[0][1] if found else []
        for id, fields in entries:
            entry = dict(zip(fields[::2], fields[1::2]))
            if entry and rings(entry):
                subprocess.run([*command, entry["item"]], check=True)
            redis.ask("XACK", stream, GROUP, id)
            last[0] = id
        if not entries:
            after = ">"


def main(address, stream, *command):
    last = ["0"]
    while True:
        try:
            follow(Redis(address), stream, command, last)
        except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
            print(f"pager: {error}; trying again", file=sys.stderr)
            time.sleep(1)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
