"""A constant load of reads and writes on Tally, on loopback; every outcome is recorded.

Readers and voters are threads with one connection each, which they keep open as browsers do. A
voter repeats its vote until it is acknowledged, then the next voter follows.
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

CLIENT_SECONDS = 10.0  # the frontend's timeout
PAUSE_SECONDS = 0.005  # between two requests of a client
HEALTH_SECONDS = 0.2
WAIT_SECONDS = 30.0
OPTIONS = 4

# Kinds of requests: a file, a response that Nginx may have cached, one that only the app has, a
# vote, a new poll (the only one that may not be repeated blindly), and a probe.
STATIC, CACHED, READ, VOTE, CREATE, HEALTH = "static", "cached", "read", "vote", "create", "health"


@dataclass(frozen=True)
class Outcome:
    """The outcome of a request sent at `at` (monotonic); `status` is 0 without a response."""

    kind: str
    at: float
    seconds: float
    status: int
    retry_after: str = ""
    fault: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status in (200, 201)


def _summarise(name: str, outcomes: list[Outcome], *kinds: str) -> str:
    """The number of requests of these kinds, and of those that failed."""
    selected = [outcome for outcome in outcomes if outcome.kind in kinds]
    unavailable = sum(outcome.status == 503 for outcome in selected)
    broken = sum(not outcome.succeeded for outcome in selected) - unavailable
    return (
        f"{len(selected):,} {name}"
        + (f", {unavailable:,} answered 503" if unavailable else "")
        + (f", {broken:,} broken off" if broken else "")
        + ("" if unavailable or broken else ", all served")
    )


class Client:
    """A client with one connection, kept until it breaks; it appends outcomes to a list."""

    def __init__(self, url: str, outcomes: list[Outcome], seconds: float = CLIENT_SECONDS) -> None:
        address = urlsplit(url)
        self._new = lambda: http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=seconds
        )
        self._connection = self._new()
        self._used = False
        self._seen = outcomes

    def send(
        self, kind: str, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[Outcome, bytes]:
        """Send a request and read the response, with any status."""
        if body is not None:
            headers["Content-Type"] = "application/json"
        started_at = time.monotonic()
        status, retry_after, fault, content = 0, "", "", b""
        try:
            response = self._get_response(method, path, json.dumps(body) if body else None, headers)
            status, retry_after = response.status, response.getheader("Retry-After", "")
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            status, fault = 0, repr(error)
            self.close()
        outcomes = Outcome(
            kind, started_at, time.monotonic() - started_at, status, retry_after, fault
        )
        self._seen.append(outcomes)
        return outcomes, content

    def _get_response(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        """Send again on a new connection if the kept one is dead and the method may be repeated, as
        browsers do (RFC 9110, 9.2.2).
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
    """Readers and voters on the Tally at `url`, during the `with` block."""

    def __init__(
        self, url: str, *, readers: int = 3, voters: int = 2, probes: Sequence[str] = ("/livez",)
    ) -> None:
        self.url = url
        self._probes = probes
        self.outcomes: list[Outcome] = []
        self.ledger = Ledger(_new_poll(url))
        self._stopped = threading.Event()
        self._crashed: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._run_guarded, args=(work,))
            for work in [self._read] * readers + [self._vote] * voters + [self._send_probes]
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        self.wait_for_successes()  # so that the block runs under load
        return self

    def stop(self) -> None:
        """Send no further requests."""
        self._stopped.set()

    def __exit__(self, *_: object) -> None:
        self.stop()
        for thread in self._threads:
            thread.join()
        assert not self._crashed, self._crashed

    def wait_for_successes(self, count: int = 100) -> None:
        """Wait for `count` more successful reads and votes each."""
        since = len(self.outcomes)
        deadline = time.monotonic() + WAIT_SECONDS
        kinds = (READ, VOTE)
        while not all(sum(s.succeeded for s in self.of(kind, since)) >= count for kind in kinds):
            assert time.monotonic() < deadline, f"fewer than {count} successes of each kind"
            assert not self._crashed, self._crashed
            time.sleep(0.01)

    def of(self, kind: str, since: int = 0) -> list[Outcome]:
        """The outcomes of one kind, from index `since` of all outcomes on."""
        return [outcomes for outcomes in self.outcomes[since:] if outcomes.kind == kind]

    def failed(self, *kinds: str) -> list[Outcome]:
        """Failed requests of these kinds (by default all)."""
        return [
            s for s in list(self.outcomes) if not s.succeeded and (not kinds or s.kind in kinds)
        ]

    def check(self, query: Query, *, stopped: bool = False) -> None:
        """Compare the ledger with the database once the load is over, and with the API's counts
        unless the site is `stopped`.
        """
        self.ledger.check(query)
        if not stopped:
            outcomes, content = Client(self.url, []).send(
                READ, "GET", self._results() + _cache_buster()
            )
            assert outcomes.succeeded, outcomes
            self.ledger.check_counts(query, json.loads(content))

    def summary(self) -> str:
        """A short summary of the load, for the line of a row."""
        slowest = max(
            (outcomes.seconds for outcomes in self.outcomes if outcomes.succeeded), default=0
        )
        return "; ".join(
            [
                _summarise("reads", self.outcomes, STATIC, CACHED, READ),
                _summarise("votes", self.outcomes, VOTE),
                _summarise("new polls", self.outcomes, CREATE),
                f"{self.ledger.acknowledged:,} ballots acknowledged and stored",
                f"slowest response {slowest:.2f} s",
            ]
        )

    def _run_guarded(self, work: Callable[[Client], Iterator[None]]) -> None:
        client = Client(self.url, self.outcomes)
        try:
            for _ in work(client):
                if self._stopped.is_set():
                    break
                time.sleep(PAUSE_SECONDS)
        except BaseException as error:
            self._crashed.append(error)
        finally:
            client.close()

    def _results(self) -> str:
        return f"/api/polls/{self.ledger.poll}/results"

    def _read(self, client: Client) -> Iterator[None]:
        """Get the page, the cached results, and the poll past every cache."""
        while True:
            client.send(STATIC, "GET", "/")
            yield
            client.send(CACHED, "GET", self._results())
            yield
            client.send(READ, "GET", f"/api/polls/{self.ledger.poll}" + _cache_buster())
            yield

    def _send_probes(self, client: Client) -> Iterator[None]:
        while True:
            for path in self._probes:
                client.send(HEALTH, "GET", path)
            yield
            self._stopped.wait(HEALTH_SECONDS)

    def _vote(self, client: Client) -> Iterator[None]:
        """Vote as one voter after another; after every 20 votes create a poll."""
        for number in itertools.count(1):
            ballot = Ballot(random.randint(1, OPTIONS))
            self.ledger.ballots.append(ballot)
            while not ballot.acknowledged:
                self._cast(client, ballot)
                yield
            if number % 20 == 0:
                outcomes, content = client.send(CREATE, "POST", "/api/polls", body=POLL)
                if outcomes.succeeded:
                    self.ledger.polls.append(json.loads(content)["id"])
                yield

    def _cast(self, client: Client, ballot: Ballot) -> None:
        ballot.attempts += 1
        outcomes, _ = client.send(
            VOTE,
            "PUT",
            f"/api/polls/{self.ledger.poll}/ballot",
            body={"choices": [ballot.choice]},
            Cookie=f"tally_voter={ballot.cookie}",
        )
        ballot.acknowledged = outcomes.succeeded


POLL = {"question": "Still there?", "options": [f"Answer {n}" for n in range(1, OPTIONS + 1)]}


def _new_poll(url: str) -> str:
    outcomes, content = Client(url, []).send(CREATE, "POST", "/api/polls", body=POLL)
    assert outcomes.succeeded, outcomes
    return str(json.loads(content)["id"])


def _cache_buster() -> str:
    """A query string that no cache has seen."""
    return f"?{uuid.uuid4()}"
