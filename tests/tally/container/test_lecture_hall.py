"""The row of the table of faults in which a whole lecture hall votes at once."""

import random
import threading
import time
from collections.abc import Callable

from tests.support.docker_engine import HARDENED, Container
from tests.support.fault_scenarios import Measured, row
from tests.support.sql import Query
from tests.tally.support.ledger import Ballot, Ledger
from tests.tally.support.load import CACHED, HEALTH, OPTIONS, POLL, READ, STATIC, VOTE, Client, Seen

Launch = Callable[..., Container]

VOTERS, SECONDS = 2000, 10
SMALL = (*HARDENED, "--cpus", "1")  # and 256 MB, as HARDENED says


@row("2,000 voters in 10 s on one poll, 256 MB and 1 CPU")
def test_a_hall_of_2000_votes_within_ten_seconds(
    launch: Launch, query: Query, measured: Measured
) -> None:
    site = launch(options=SMALL).wait_until_ready()
    seen: list[Seen] = []
    ledger = Ledger(site.post("/api/polls", POLL).json()["id"])
    over = threading.Event()
    health = threading.Thread(target=_ask_for_health, args=(site.url, seen, over))
    health.start()
    voters = []
    began = time.monotonic()
    for number in range(VOTERS):
        time.sleep(max(began + number * SECONDS / VOTERS - time.monotonic(), 0))
        voters.append(threading.Thread(target=_vote, args=(site.url, seen, ledger)))
        voters[-1].start()
    for voter in voters:
        voter.join()
    took = time.monotonic() - began
    over.set()
    health.join()

    assert [one for one in seen if not one.good] == []
    assert ledger.acknowledged == VOTERS
    ledger.check(query)
    ledger.check_counts(query, site.get(f"/api/polls/{ledger.poll}/results?after").json())
    votes = sorted(one.seconds for one in seen if one.kind == VOTE)
    health_at_most = max(one.seconds for one in seen if one.kind == HEALTH)
    measured(
        f"{len(seen):,} requests in {took:.1f} s, none failed; a vote took {votes[VOTERS // 2]:.2f}"
        f" s (median), {votes[-1]:.2f} s at most; /livez {health_at_most:.2f} s at most"
    )


def _vote(url: str, seen: list[Seen], ledger: Ledger) -> None:
    """What a phone asks for: the page, the poll, one's own ballot; the vote; the results."""
    client = Client(url, seen)
    ballot = Ballot(random.randint(1, OPTIONS))
    ledger.ballots.append(ballot)
    poll, own = f"/api/polls/{ledger.poll}", {"Cookie": f"tally_voter={ballot.cookie}"}
    client.ask(STATIC, "GET", "/")
    client.ask(READ, "GET", poll)
    client.ask(READ, "GET", f"{poll}/ballot", **own)
    vote, _ = client.ask(VOTE, "PUT", f"{poll}/ballot", {"choices": [ballot.choice]}, **own)
    ballot.acknowledged = vote.good
    client.ask(CACHED, "GET", f"{poll}/results")
    client.close()


def _ask_for_health(url: str, seen: list[Seen], over: threading.Event) -> None:
    client = Client(url, seen)
    while not over.wait(0.2):
        client.ask(HEALTH, "GET", "/livez")
    client.close()
