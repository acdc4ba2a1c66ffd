"""A constant load of reads and writes on Tally: bounded, on loopback, and nothing goes unnoticed.

Readers and voters are threads, each with one connection, which they keep as browsers do. A voter
repeats its vote until it is acknowledged, and is followed by the next voter.
"""

import http.client
import itertools
import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.support.sql import Query
from tests.tally.support.ledger import Ballot, Ledger

CLIENT_SECONDS = 10.0  # as long as the frontend waits
PAUSE_SECONDS = 0.005  # between two requests of a client
HEALTH_SECONDS = 0.2
WAIT_SECONDS = 30.0
OPTIONS = 4

# What is asked for: a file, what the front door may have, what the app has to say, a vote, a new
# poll (the one request that may not be repeated blindly), and whether the container is alive.
STATIC, CACHED, READ, VOTE, CREATE, HEALTH = "static", "cached", "read", "vote", "create", "health"


@dataclass(frozen=True)
class Seen:
    """What became of one request: `at` on the monotonic clock; `status` is 0 without an answer."""

    kind: str
    at: float
    seconds: float
    status: int
    retry_after: str = ""
    fault: str = ""

    @property
    def good(self) -> bool:
        return self.status in (200, 201)


def _told(name: str, seen: list[Seen], *kinds: str) -> str:
    """How many there were, and what became of those that were not served."""
    them = [one for one in seen if one.kind in kinds]
    away = sum(one.status == 503 for one in them)
    broken = sum(not one.good for one in them) - away
    return (
        f"{len(them):,} {name}"
        + (f", {away:,} answered 503" if away else "")
        + (f", {broken:,} broken off" if broken else "")
        + ("" if away or broken else ", all served")
    )


class Client:
    """One connection, kept until it breaks; what it reports goes to `seen`."""

    def __init__(self, url: str, seen: list[Seen]) -> None:
        address = urlsplit(url)
        self._new = lambda: http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=CLIENT_SECONDS
        )
        self._connection = self._new()
        self._used = False
        self._seen = seen

    def ask(
        self, kind: str, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[Seen, bytes]:
        """Send one request and read its answer, whatever it is."""
        if body is not None:
            headers["Content-Type"] = "application/json"
        began = time.monotonic()
        status, retry_after, fault, content = 0, "", "", b""
        try:
            answer = self._answer(method, path, json.dumps(body) if body else None, headers)
            status, retry_after = answer.status, answer.getheader("Retry-After", "")
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            status, fault = 0, repr(error)
            self.close()
        seen = Seen(kind, began, time.monotonic() - began, status, retry_after, fault)
        self._seen.append(seen)
        return seen, content

    def _answer(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        """As a browser: a kept connection that proves dead is replaced, for what may be repeated
        (RFC 9110, 9.2.2).
        """
        was_used, self._used = self._used, True
        try:
            self._connection.request(method, path, body, headers)
            return self._connection.getresponse()
        except (ConnectionError, http.client.RemoteDisconnected):
            self.close()
            if not was_used or method == "POST":
                raise
        self._used = True
        self._connection.request(method, path, body, headers)
        return self._connection.getresponse()

    def close(self) -> None:
        self._connection.close()
        self._connection = self._new()
        self._used = False


class Load:
    """Readers and voters on the Tally at `url`, for as long as the `with` block lasts."""

    def __init__(
        self, url: str, *, readers: int = 3, voters: int = 2, probes: Sequence[str] = ("/livez",)
    ) -> None:
        self.url = url
        self._probes = probes
        self.seen: list[Seen] = []
        self.ledger = Ledger(_new_poll(url))
        self._over = threading.Event()
        self._crashed: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,))
            for work in [self._read] * readers + [self._vote] * voters + [self._ask_for_health]
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        self.more()  # so that what comes now comes under load
        return self

    def stop(self) -> None:
        """No further requests."""
        self._over.set()

    def __exit__(self, *_: object) -> None:
        self.stop()
        for thread in self._threads:
            thread.join()
        assert not self._crashed, self._crashed

    def more(self, count: int = 100) -> None:
        """Wait for so many more good answers of each kind that the load consists of."""
        since = len(self.seen)
        deadline = time.monotonic() + WAIT_SECONDS
        kinds = (READ, VOTE)
        while not all(sum(s.good for s in self.of(kind, since)) >= count for kind in kinds):
            assert time.monotonic() < deadline, f"no {count} good answers of each kind"
            assert not self._crashed, self._crashed
            time.sleep(0.01)

    def of(self, kind: str, since: int = 0) -> list[Seen]:
        """The answers of one kind, from the `since`th of all on."""
        return [seen for seen in self.seen[since:] if seen.kind == kind]

    def failed(self, *kinds: str) -> list[Seen]:
        """Requests of these kinds (default: all) that were not served."""
        return [s for s in list(self.seen) if not s.good and (not kinds or s.kind in kinds)]

    def check(self, query: Query, *, stopped: bool = False) -> None:
        """Hold the ledger against the database, once the load is over, and unless the site has
        been stopped, against what it counts.
        """
        self.ledger.check(query)
        if not stopped:
            seen, content = Client(self.url, []).ask(READ, "GET", self._results() + _unseen())
            assert seen.good, seen
            self.ledger.check_counts(query, json.loads(content))

    def told(self) -> str:
        """The load in a few words, for the line of a row."""
        slowest = max((seen.seconds for seen in self.seen if seen.good), default=0)
        return "; ".join(
            [
                _told("reads", self.seen, STATIC, CACHED, READ),
                _told("votes", self.seen, VOTE),
                _told("new polls", self.seen, CREATE),
                f"{self.ledger.acknowledged:,} ballots acknowledged and there",
                f"slowest answer {slowest:.2f} s",
            ]
        )

    def _guarded(self, work: Callable[[Client], Iterator[None]]) -> None:
        client = Client(self.url, self.seen)
        try:
            for _ in work(client):
                if self._over.is_set():
                    break
                time.sleep(PAUSE_SECONDS)
        except BaseException as error:
            self._crashed.append(error)
        finally:
            client.close()

    def _results(self) -> str:
        return f"/api/polls/{self.ledger.poll}/results"

    def _read(self, client: Client) -> Iterator[None]:
        """Look at the page, at the results as everybody does, and past every cache."""
        while True:
            client.ask(STATIC, "GET", "/")
            yield
            client.ask(CACHED, "GET", self._results())
            yield
            client.ask(READ, "GET", f"/api/polls/{self.ledger.poll}" + _unseen())
            yield

    def _ask_for_health(self, client: Client) -> Iterator[None]:
        while True:
            for path in self._probes:
                client.ask(HEALTH, "GET", path)
            yield
            self._over.wait(HEALTH_SECONDS)

    def _vote(self, client: Client) -> Iterator[None]:
        """Vote as one voter after another; now and then create a poll."""
        for number in itertools.count(1):
            ballot = Ballot(random.randint(1, OPTIONS))
            self.ledger.ballots.append(ballot)
            while not ballot.acknowledged:
                self._cast(client, ballot)
                yield
            if number % 20 == 0:
                seen, content = client.ask(CREATE, "POST", "/api/polls", body=POLL)
                if seen.good:
                    self.ledger.polls.append(json.loads(content)["id"])
                yield

    def _cast(self, client: Client, ballot: Ballot) -> None:
        ballot.attempts += 1
        seen, _ = client.ask(
            VOTE,
            "PUT",
            f"/api/polls/{self.ledger.poll}/ballot",
            body={"choices": [ballot.choice]},
            Cookie=f"tally_voter={ballot.cookie}",
        )
        ballot.acknowledged = seen.good


POLL = {"question": "Still there?", "options": [f"Answer {n}" for n in range(1, OPTIONS + 1)]}


def _new_poll(url: str) -> str:
    seen, content = Client(url, []).ask(CREATE, "POST", "/api/polls", body=POLL)
    assert seen.good, seen
    return str(json.loads(content)["id"])


def _unseen() -> str:
    """A query that no cache has seen."""
    return f"?{uuid.uuid4()}"
