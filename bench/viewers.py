"""A room that watches: 2,000 viewers of one poll, each looking once a second, while votes come in.

    make bench-viewers                       20 seconds of it
    make bench-viewers ARGS="--viewers 500"
    make bench-viewers ARGS="--cold"         nobody has looked before, and all do so at once,
                                             then at the votes over time

Everything is real: Nginx, Gunicorn, Postgres. Prints what the viewers saw, and what it cost the
database, by its own count (pg_stat_statements). Loopback only.
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
VOTES_A_SECOND = 20
# The statement that counts a poll's votes, as pg_stat_statements writes it.
COUNTS = (
    "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements"
    " WHERE query LIKE '%unnest%' AND query LIKE '%polls.viewing_key%'"
)
# The one that a chart of votes over time begins with.
CHARTS = (
    "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements"
    " WHERE query LIKE '%min(ballots.cast_at)%'"
)
ALL = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_%'"


@dataclass
class Seen:
    """What the viewers saw: seconds an answer took, and how often each status came."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: str
) -> tuple[int, str]:
    """One request on a connection that is kept; its status and the answer's ETag."""
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
    """A tab that shows the results: it asks once a second, with the ETag of what it has.

    `late` is the part of a second after which it begins; with a `chart`, it opens that next.
    """
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)

    async def look(path: str, etag: str = "") -> str:
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
        etag = await look(f"{path}/results", etag)
        if chart and turn == 0:
            await look(f"{path}/timeline")
    writer.close()


async def vote(url: str, path: str, end: float) -> None:
    """Votes that come in all the time, so that no two counts are the same."""
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
        await asyncio.sleep(1 / VOTES_A_SECOND)
    writer.close()


async def room(url: str, poll: str, viewers: int, seconds: float, *, at_once: bool) -> Seen:
    """Everybody for a while, each from a moment of their own on, unless `at_once`."""
    end, seen = time.monotonic() + seconds, Seen()
    path = f"/api/polls/{poll}"
    watching = [
        watch(url, path, 0 if at_once else number / viewers, end, seen, chart=at_once)
        for number in range(viewers)
    ]
    await asyncio.gather(*watching, vote(url, f"{path}/ballot", end))
    return seen


def created(url: str) -> str:
    """The id of a new poll."""
    request = urllib.request.Request(
        f"{url}/api/polls", json.dumps(POLL).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["id"])


def counted(postgres: Postgres, sql: str) -> int:
    return int(postgres.execute(sql, "viewers"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--viewers", type=int, default=2000, help="at most 2,000 an address")
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
    print(f"{options.viewers:,} viewers, {options.seconds:.0f} s, {VOTES_A_SECOND} votes a second:")
    print(f"  {len(took):,} looks, by status {seen.statuses}")
    print(
        f"  {statistics.median(took) * 1000:.1f} ms in the median,"
        f" {took[int(len(took) * 0.99)] * 1000:.0f} ms the 99th percentile"
    )
    print(f"  {counts / options.seconds:.2f} counts of the votes a second by the database")
    if options.cold:
        print(f"  {charts} charts drawn by the database in all")
    print(f"  {everything / options.seconds:.0f} statements a second in all, votes included")


if __name__ == "__main__":
    main()
