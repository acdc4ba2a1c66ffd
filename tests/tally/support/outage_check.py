"""Compares the outcomes of a load with the outages of its database.

During an outage, pages, cached reads, /livez and /readyz succeed; all other requests get a 503 with
Retry-After within five seconds; and two seconds after the database's return all requests succeed.
"""

import contextlib
import time
from collections.abc import Iterator

from tests.support.sql import Query
from tests.tally.support.load import CACHED, CREATE, HEALTH, READ, STATIC, VOTE, Load

ANSWER_SECONDS, RECOVERY_SECONDS = 5.0, 2.0
CLIENTS = 20
HEALTH_SECONDS = 2.0  # hosts wait between 2 s and 5 s


class OutageCheck:
    """A load on the Tally at `url`, and the outages of its database.

    It has more clients than the site has threads: those that wait for a thread wait longest.
    """

    def __init__(self, url: str) -> None:
        probes = ("/livez", "/readyz")  # a balancer must keep sending traffic
        self.load = Load(url, readers=CLIENTS // 2, voters=CLIENTS // 2, probes=probes)
        self._outages: list[tuple[float, float]] = []

    def __enter__(self) -> "OutageCheck":
        self.load.__enter__()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.load.__exit__(*exc_info)

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """The block is an outage of the database; then the app has time to recover."""
        started_at = time.monotonic()
        yield
        self._outages.append((started_at, time.monotonic()))
        time.sleep(RECOVERY_SECONDS)
        self.load.wait_for_successes(100)

    def check(self, query: Query) -> str:
        """Check the outcomes, and the ballots in the current primary; return a summary."""
        load = self.load
        assert load.failed(STATIC, CACHED, HEALTH) == []
        assert max(outcome.seconds for outcome in load.of(HEALTH)) < HEALTH_SECONDS
        failures = load.failed(READ, VOTE, CREATE)
        assert all(outcome.status == 503 and outcome.retry_after for outcome in failures), failures
        slowest = max((outcome.seconds for outcome in failures), default=0.0)
        assert slowest < ANSWER_SECONDS
        delays = [
            self._after_return(outcome.at, outcome.at + outcome.seconds) for outcome in failures
        ]
        load.check(query)
        return (
            f"{len(failures):,} answers 503, the slowest after {slowest:.2f} s; "
            f"all well {max(delays, default=0):.2f} s after its return; {load.summary()}"
        )

    def _after_return(self, started_at: float, ended_at: float) -> float:
        """The seconds from the database's return to the start of a failed request, or 0."""
        _, returned_at = max(outage for outage in self._outages if outage[0] <= ended_at)
        assert started_at < returned_at + RECOVERY_SECONDS, (
            f"failed {started_at - returned_at:.2f} s after the return"
        )
        return max(started_at - returned_at, 0.0)
