"""Holds what a load sees against when its database was away.

Whatever a database does: pages, cached reads, /livez and /readyz go on, all else is a 503 that says
when to come back, within five seconds, and two seconds after its return all is well.
"""

import contextlib
import time
from collections.abc import Iterator

from tests.support.sql import Query
from tests.tally.support.load import CACHED, CREATE, HEALTH, READ, STATIC, VOTE, Load

ANSWER_SECONDS, RECOVERY_SECONDS = 5.0, 2.0
CLIENTS = 20
HEALTH_SECONDS = 2.0  # hosts wait between 2 s and 5 s


class Watch:
    """A load on the Tally at `url`, and the times at which its database was away.

    Its clients are more than the site has threads: whoever waits for a thread waits longest.
    """

    def __init__(self, url: str) -> None:
        probes = ("/livez", "/readyz")  # no balancer is to take away what goes on
        self.load = Load(url, readers=CLIENTS // 2, voters=CLIENTS // 2, probes=probes)
        self._absences: list[tuple[float, float]] = []

    def __enter__(self) -> "Watch":
        self.load.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.load.__exit__(*error)

    @contextlib.contextmanager
    def absence(self) -> Iterator[None]:
        """The block is the time for which the database is away; then it has time to recover."""
        began = time.monotonic()
        yield
        self._absences.append((began, time.monotonic()))
        time.sleep(RECOVERY_SECONDS)
        self.load.more(100)

    def check(self, query: Query) -> str:
        """Everything that has to hold, in what is the primary at the end; the figures in words."""
        load = self.load
        assert load.failed(STATIC, CACHED, HEALTH) == []
        assert max(seen.seconds for seen in load.of(HEALTH)) < HEALTH_SECONDS
        refused = load.failed(READ, VOTE, CREATE)
        assert all(seen.status == 503 and seen.retry_after for seen in refused), refused
        slowest = max((seen.seconds for seen in refused), default=0.0)
        assert slowest < ANSWER_SECONDS
        delays = [self._after_return(seen.at, seen.at + seen.seconds) for seen in refused]
        load.check(query)
        return (
            f"{len(refused):,} answers 503, the slowest after {slowest:.2f} s; "
            f"all well {max(delays, default=0):.2f} s after its return; {load.told()}"
        )

    def _after_return(self, began: float, ended: float) -> float:
        """How long after the database's return a failed request began; 0 if before."""
        _, back = max(absence for absence in self._absences if absence[0] <= ended)
        assert began < back + RECOVERY_SECONDS, f"failed {began - back:.2f} s after the return"
        return max(began - back, 0.0)
