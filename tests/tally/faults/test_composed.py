"""The row of the table of faults that composes the others: random ones, several at a time.

A failure shows the seed and the sequence; `FAULT_SEED=… make soak ARGS="-k random_faults"` repeats
it.
"""

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from local.postgres import Postgres, temporary
from tests.support.fault_scenarios import Measured, row
from tests.support.front_door import stack_processes
from tests.support.proxy import Proxy
from tests.support.stack import Stack
from tests.tally.support.faulty_app_settings import FAULTY_APP
from tests.tally.support.load import Load

PAUSE_SECONDS = (0.1, 1.5)  # between the starts of two faults
LAST_SECONDS = (0.3, 4.0)  # the duration of a fault that lasts


@dataclass
class Faults:
    """The faults, each a method; one that lasts holds the lock of the component that it affects."""

    tally: Stack
    postgres: Postgres
    proxy: Proxy
    network: threading.Lock = field(default_factory=threading.Lock)
    server: threading.Lock = field(default_factory=threading.Lock)
    container: threading.Lock = field(default_factory=threading.Lock)

    # Instantaneous

    def kill_gunicorn(self, _: float) -> None:
        self._kill(self._children("gunicorn"))

    def kill_nginx(self, _: float) -> None:
        self._kill(self._children("nginx"))

    def kill_a_worker(self, _: float) -> None:
        for master in self._children("gunicorn"):
            self._kill(list(self.tally.children(master))[:1])

    def kill_all_workers(self, _: float) -> None:
        for master in self._children("gunicorn"):
            self._kill(list(self.tally.children(master)))

    def drop_connections(self, _: float) -> None:
        with self.network:
            self.proxy.drop()

    def terminate_backends(self, _: float) -> None:
        with self.server:
            self.postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = 'tally' AND pid != pg_backend_pid()"
            )

    # Lasting

    def freeze_the_network(self, seconds: float) -> None:
        with self.network:
            self.proxy.freeze()
            time.sleep(seconds)
            self.proxy.heal()

    def refuse_connections(self, seconds: float) -> None:
        with self.network:
            self.proxy.refuse()
            time.sleep(seconds)
            self.proxy.heal()

    def restart_postgres(self, seconds: float) -> None:
        with self.server:
            self.postgres.stop()
            time.sleep(seconds)
            self.postgres.start()

    def crash_postgres(self, seconds: float) -> None:
        with self.server:
            self.postgres.signal(signal.SIGQUIT)  # no shutdown: recovery follows
            self.postgres.stop()
            time.sleep(seconds)
            self.postgres.start()

    def stop_and_start(self, _: float) -> None:
        with self.container:
            self.tally.wait_for(lambda: self.tally.handles_signal(signal.SIGTERM), "handler")
            self.tally.signal(signal.SIGTERM)
            assert self.tally.wait() == 0
            self.tally.start()

    def kill_everything(self, _: float) -> None:
        """kill -9 of the main process; in a container, all others end with it."""
        with self.container:
            self.tally.signal(signal.SIGKILL)
            self.tally.wait()
            # Here they are killed one by one, and supervisord may have just started another.
            while pids := list(stack_processes(self.tally)):
                self._kill(pids)
                time.sleep(0.02)
            self.tally.start()

    def _children(self, word: str) -> list[int]:
        return [pid for pid, line in self.tally.children().items() if word in line]

    def _kill(self, pids: list[int]) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # it has already ended
                os.kill(pid, signal.SIGKILL)


FAULTS = {
    "kill_gunicorn": 3,
    "kill_nginx": 1,
    "kill_a_worker": 4,
    "kill_all_workers": 2,
    "drop_connections": 3,
    "terminate_backends": 3,
    "freeze_the_network": 2,
    "refuse_connections": 2,
    "restart_postgres": 1,
    "crash_postgres": 2,
    "stop_and_start": 1,
    "kill_everything": 1,
}


@dataclass(frozen=True)
class Step:
    """A fault of FAULTS, `at` seconds after the start, for `seconds` if it lasts."""

    at: float
    fault: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.at:.1f} s: {self.fault} ({self.seconds:.1f} s)"


def make_plan(seed: int, seconds: float) -> Iterator[Step]:
    """The steps that follow from a seed."""
    rng = random.Random(seed)
    at = 0.0
    while (at := at + rng.uniform(*PAUSE_SECONDS)) < seconds:
        (fault,) = rng.choices(list(FAULTS), list(FAULTS.values()))
        yield Step(at, fault, rng.uniform(*LAST_SECONDS))


@pytest.fixture
def faults(launch: Callable[..., Stack]) -> Iterator[Faults]:
    with temporary() as postgres:
        url = postgres.create_database("tally")
        proxy = Proxy(postgres.port)
        proxied_url = url.replace(f":{postgres.port}/", f":{proxy.port}/")
        tally = launch(
            **FAULTY_APP, DATABASE_URL=proxied_url, DATABASE_WAIT="60", DRAIN_SECONDS="1"
        )
        yield Faults(tally.start().wait_until_ready(), postgres, proxy)
        tally.stop()
        proxy.heal()
        proxy.drop()


@row("random faults for {times} s, several at a time", short=20, soak=180)
def test_random_faults_lose_no_ballot_and_count_none_twice(
    faults: Faults, times: int, measured: Measured
) -> None:
    seed = int(os.environ.get("FAULT_SEED") or random.randrange(2**32))
    steps = list(make_plan(seed, times))
    try:
        load = run_under_load(faults, steps)
        load.check(lambda sql: faults.postgres.execute(sql, "tally"))
    except BaseException as error:
        error.add_note(f"FAULT_SEED={seed}\n" + "\n".join(map(str, steps)))
        raise
    measured(f"seed {seed}, {len(steps)} faults; {load.summary()}")


def run_under_load(faults: Faults, steps: list[Step]) -> Load:
    """Run the steps under load, then wait until the load is served again."""
    errors: list[BaseException] = []

    def run_fault(step: Step) -> None:
        try:
            getattr(faults, step.fault)(step.seconds)
        except BaseException as error:
            errors.append(error)

    with Load(faults.tally.url) as load:
        started_at = time.monotonic()
        threads = []
        for step in steps:
            time.sleep(max(started_at + step.at - time.monotonic(), 0))
            threads.append(threading.Thread(target=run_fault, args=(step,)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        assert not errors, errors
        faults.tally.wait_until_ready()
        load.wait_for_successes(100)
    return load
