"""The row of the table of faults with 2,000 voters at once."""

import random
import threading
import time
from collections.abc import Callable

from tests.support.docker_engine import HARDENED, Container
from tests.support.fault_scenarios import Measured, row
from tests.support.sql import Query
from tests.tally.support.ledger import Ballot, Ledger
from tests.tally.support.load import (
    CACHED,
    HEALTH,
    OPTIONS,
    POLL,
    READ,
    STATIC,
    VOTE,
    Client,
    Outcome,
)

Launch = Callable[..., Container]

VOTERS, SECONDS = 2000, 10
# All must be served. How fast depends on the machine: the row reports it.
PATIENCE_SECONDS = 60
SMALL = (*HARDENED, "--cpus", "1")  # HARDENED sets 256 MB


@row("2,000 voters in 10 s on one poll, 256 MB and 1 CPU")
def test_2000_votes_in_ten_seconds_are_counted(
    launch: Launch, query: Query, measured: Measured
) -> None:
    site = launch(options=SMALL).wait_until_ready()
    outcomes: list[Outcome] = []
    ledger = Ledger(site.post("/api/polls", POLL).json()["id"])
    stopped = threading.Event()
    health = threading.Thread(target=_send_probes, args=(site.url, outcomes, stopped))
    health.start()
    voters = []
    started_at = time.monotonic()
    for number in range(VOTERS):
        time.sleep(max(started_at + number * SECONDS / VOTERS - time.monotonic(), 0))
        voters.append(threading.Thread(target=_vote, args=(site.url, outcomes, ledger)))
        voters[-1].start()
    for voter in voters:
        voter.join()
    seconds = time.monotonic() - started_at
    stopped.set()
    health.join()

    assert [outcome for outcome in outcomes if not outcome.succeeded] == []
    assert ledger.acknowledged == VOTERS
    ledger.check(query)
    ledger.check_counts(query, site.get(f"/api/polls/{ledger.poll}/results?after").json())
    votes = sorted(outcome.seconds for outcome in outcomes if outcome.kind == VOTE)
    health_at_most = max(outcome.seconds for outcome in outcomes if outcome.kind == HEALTH)
    measured(
        f"{len(outcomes):,} requests in {seconds:.1f} s, none failed; "
        f"a vote took {votes[VOTERS // 2]:.2f} s (median), {votes[-1]:.2f} s at most; "
        f"/livez {health_at_most:.2f} s at most"
    )


def _vote(url: str, outcomes: list[Outcome], ledger: Ledger) -> None:
    """Send the requests of a phone: page, poll, own ballot, vote, results."""
    client = Client(url, outcomes, PATIENCE_SECONDS)
    ballot = Ballot(random.randint(1, OPTIONS))
    ledger.ballots.append(ballot)
    poll, headers = f"/api/polls/{ledger.poll}", {"Cookie": f"tally_voter={ballot.cookie}"}
    client.send(STATIC, "GET", "/")
    client.send(READ, "GET", poll)
    client.send(READ, "GET", f"{poll}/ballot", **headers)
    vote, _ = client.send(VOTE, "PUT", f"{poll}/ballot", {"choices": [ballot.choice]}, **headers)
    ballot.acknowledged = vote.succeeded
    client.send(CACHED, "GET", f"{poll}/results")
    client.close()


def _send_probes(url: str, outcomes: list[Outcome], stopped: threading.Event) -> None:
    client = Client(url, outcomes, PATIENCE_SECONDS)
    while not stopped.wait(0.2):
        client.send(HEALTH, "GET", "/livez")
    client.close()
