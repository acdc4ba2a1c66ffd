"""Simulates 2,000 viewers of one poll, each of which requests the results once per second.

    make bench-viewers                       for 20 seconds, while votes arrive
    make bench-viewers ARGS="--viewers 500"
    make bench-viewers ARGS="--cold"         with an empty cache and all viewers at once, who then
                                             open the votes over time

Uses the real Nginx, Gunicorn and Postgres, over loopback. Prints response times for the viewers,
and the number of statements that the database counted (pg_stat_statements).
"""

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from local.postgres import Postgres, temporary
from tests.support.stack import ROOT, Stack, free_port

POLL = {"question": "Tea or coffee?", "options": ["Tea", "Coffee", "Water"]}
VOTES_PER_SECOND = 20
# The statement that counts a poll's votes, as pg_stat_statements writes it.
COUNTS = (
    "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements"
    " WHERE query LIKE '%unnest%' AND query LIKE '%polls.viewing_key%'"
)
# The first statement of a chart of votes over time.
CHARTS = (
    "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements"
    " WHERE query LIKE '%min(ballots.cast_at)%'"
)
ALL = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_%'"


@dataclass
class Seen:
    """The responses to the viewers: seconds per response, and how often each status occurred."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: str
) -> tuple[int, str]:
    """Send a request on a connection that stays open. Returns the status and the ETag."""
    writer.write(request.encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status = int(head.split(" ", 2)[1])
    lines = (line.partition(": ") for line in head.split("\r\n")[1:-2])
    headers = {name.lower(): value for name, _, value in lines}
    await reader.readexactly(int(headers.get("content-length", 0)))
    return status, headers.get("etag", "")


async def watch(
    url: str, path: str, late: float, end: float, seen: Seen, *, chart: bool = False
) -> None:
    """Act as a tab that shows the results: request them once per second with the last ETag.

    Begins after `late` seconds; with `chart`, also opens the chart after the first response.
    """
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)

    async def fetch(path: str, etag: str = "") -> str:
        condition = f"If-None-Match: {etag}\r\n" if etag else ""
        sent = time.monotonic()
        request = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n{condition}\r\n"
        status, etag = await ask(reader, writer, request)
        seen.seconds.append(time.monotonic() - sent)
        seen.statuses[status] = seen.statuses.get(status, 0) + 1
        return etag

    etag = ""
    begin = time.monotonic() + late
    for turn in itertools.count():
        due = begin + turn
        if due > end:
            break
        await asyncio.sleep(max(due - time.monotonic(), 0))
        etag = await fetch(f"{path}/results", etag)
        if chart and turn == 0:
            await fetch(f"{path}/timeline")
    writer.close()


async def vote(url: str, path: str, end: float) -> None:
    """Vote steadily until `end`, so that the count always changes."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    while time.monotonic() < end:
        cookie = (uuid.uuid4().hex * 2)[:32]
        body = json.dumps({"choices": [1]})
        await ask(
            reader,
            writer,
            f"PUT {path} HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: tally_voter={cookie}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}",
        )
        await asyncio.sleep(1 / VOTES_PER_SECOND)
    writer.close()


async def room(url: str, poll: str, viewers: int, seconds: float, *, at_once: bool) -> Seen:
    """Run all viewers for `seconds`. They begin spread over a second, or all `at_once`."""
    end, seen = time.monotonic() + seconds, Seen()
    path = f"/api/polls/{poll}"
    watching = [
        watch(url, path, 0 if at_once else number / viewers, end, seen, chart=at_once)
        for number in range(viewers)
    ]
    await asyncio.gather(*watching, vote(url, f"{path}/ballot", end))
    return seen


def created(url: str) -> str:
    """Create a poll. Returns its id."""
    request = urllib.request.Request(
        f"{url}/api/polls", json.dumps(POLL).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["id"])


def counted(postgres: Postgres, sql: str) -> int:
    return int(postgres.execute(sql, "viewers"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--viewers", type=int, default=2000, help="at most 2,000 per address")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--cold", action="store_true", help="all open it at once, and its chart")
    options = parser.parse_args()
    with (
        temporary(shared_preload_libraries="pg_stat_statements") as postgres,
        tempfile.TemporaryDirectory() as folder,
    ):
        url = postgres.create_database("viewers")
        postgres.execute("CREATE EXTENSION pg_stat_statements", "viewers")
        settings = {"DATABASE_URL": url, "DEMIJOHN_STATIC_DIR": str(ROOT / "frontend/dist")}
        stack = Stack(ROOT, free_port(), Path(folder), settings).start().wait_until_ready()
        try:
            poll = created(stack.url)
            if not options.cold:
                urllib.request.urlopen(f"{stack.url}/api/polls/{poll}/results").close()
            before = [counted(postgres, sql) for sql in (COUNTS, CHARTS, ALL)]
            watched = room(stack.url, poll, options.viewers, options.seconds, at_once=options.cold)
            seen = asyncio.run(watched)
            counts, charts, everything = (
                counted(postgres, sql) - was
                for sql, was in zip((COUNTS, CHARTS, ALL), before, strict=True)
            )
        finally:
            stack.stop()
    took = sorted(seen.seconds)
    votes = f"{VOTES_PER_SECOND} votes per second"
    print(f"{options.viewers:,} viewers, {options.seconds:.0f} s, {votes}:")
    print(f"  {len(took):,} requests, by status {seen.statuses}")
    print(
        f"  median {statistics.median(took) * 1000:.1f} ms,"
        f" 99th percentile {took[int(len(took) * 0.99)] * 1000:.0f} ms"
    )
    print(f"  {counts / options.seconds:.2f} counts of the votes per second in the database")
    if options.cold:
        print(f"  {charts} charts in the database in all")
    print(f"  {everything / options.seconds:.0f} statements per second in all, including votes")


if __name__ == "__main__":
    main()
