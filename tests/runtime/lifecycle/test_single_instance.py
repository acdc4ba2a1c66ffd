"""Programs with a single instance in the fleet: which instance runs them, and their lock."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest
from demijohn.database.program_lock import lock_key
from demijohn.serve.single_instance import GRACE_SECONDS, HANDOVER_SECONDS

from local.postgres import Postgres
from tests.runtime.lifecycle.clients import Launch
from tests.support.front_door import MIRROR, make_root, remaining_processes
from tests.support.pgbouncer import PgBouncer
from tests.support.proxy import Proxy
from tests.support.stack import Stack

# Writes to a file that all instances share: "runs" at intervals, and "sigterm" when it is asked to
# stop; each line has the time and the instance.
TICKER = """
import os, signal, sys, time
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
me = os.environ["DEMIJOHN_INSTANCE"]
def note(word): os.write(log, f"{time.monotonic()} {me} {word}\\n".encode())
def end(number, frame):
    note("sigterm")
    sys.exit(int(os.environ.get("ENDS_WITH", "0")))
if sys.argv[2] == "polite": signal.signal(signal.SIGTERM, end)
else: signal.signal(signal.SIGTERM, lambda *_: note("sigterm"))
while True:
    note("runs")
    time.sleep(0.05)
"""


class Fleet:
    """Several instances with one program that runs in one of them, and a shared log."""

    def __init__(self, launch: Launch, folder: Path) -> None:
        self._launch = launch
        self._folder = folder
        self._log = folder / "ticks"
        self.instances: dict[str, Stack] = {}

    def start(self, name: str, manner: str = "polite", extra: str = "", **given: str) -> Stack:
        """Start an instance with the name `name`."""
        root = self._folder / name
        root.mkdir()
        (root / "ticker.py").write_text(TICKER)
        lines = (
            f'command="%(ENV_DEMIJOHN_PYTHON)s" {root}/ticker.py {self._log} {manner}\n'
            f"demijohn_single_instance=true\n{extra}"
        )
        stack = self._launch(
            make_root(root, ticker=lines), **MIRROR, DEMIJOHN_INSTANCE=name, **given
        )
        self.instances[name] = stack.start()
        return stack

    def notes(self) -> list[tuple[float, str, str]]:
        """The lines of the log: time, instance and word."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [(float(at), name, word) for at, name, word in map(str.split, lines)]

    def runner(self) -> str:
        """The instance that runs the program now."""
        any_instance = next(iter(self.instances.values()))
        seen = time.monotonic()

        def runs() -> bool:
            notes = self.notes()
            return bool(notes) and notes[-1][0] > seen

        any_instance.wait_for(runs, "program that runs")
        return self.notes()[-1][1]

    def wait_for_another(self, before: str) -> str:
        """The instance that runs the program once it is not `before`."""
        survivor = next(stack for name, stack in self.instances.items() if name != before)
        survivor.wait_for(lambda: self.notes()[-1][1] != before, "another instance")
        return self.notes()[-1][1]

    def longest_pause(self) -> float:
        """The longest time, in seconds, in which no instance ran the program."""
        return max(b - a for (a, *_), (b, *_) in pairwise(self.notes()))

    def turns(self) -> list[str]:
        """The instances in the order in which they ran the program; no two at the same time."""
        names = [name for _, name, _ in self.notes()]
        return [names[0]] + [b for a, b in pairwise(names) if a != b]


@pytest.fixture
def fleet(launch: Launch, tmp_path: Path) -> Fleet:
    return Fleet(launch, tmp_path)


def lock_holder(stack: Stack) -> int:
    """The process that holds the lock."""
    return stack.child("single_instance")


def program_pid(stack: Stack) -> int:
    """The process of the program itself."""
    (pid,) = stack.children(lock_holder(stack))
    return pid


def test_program_runs_on_one_of_three_instances(fleet: Fleet) -> None:
    for name in ("one", "two", "three"):
        fleet.start(name)
    runner = fleet.runner()
    for name, stack in fleet.instances.items():
        if name != runner:
            message = f"ticker    runs on instance {runner}; waiting\n"
            stack.wait_for(lambda s=stack, t=message: t in s.log, "name of the running instance")  # type: ignore[misc]
    assert "ticker    runs on this instance\n" in fleet.instances[runner].log
    fleet.instances[runner].signal(signal.SIGTERM)
    assert fleet.instances[runner].wait() == 0
    fleet.wait_for_another(runner)
    assert len(fleet.turns()) == 2


def test_program_gets_sigterm_before_another_instance_starts_it(fleet: Fleet) -> None:
    fleet.start("one")
    assert fleet.runner() == "one"
    two = fleet.start("two")
    two.wait_for(lambda: "waiting" in two.log, "waiting")
    fleet.instances["one"].signal(signal.SIGTERM)
    fleet.wait_for_another("one")
    assert [word for _, name, word in fleet.notes() if name == "one"][-1] == "sigterm"
    assert fleet.turns() == ["one", "two"]
    assert not remaining_processes(fleet.instances["one"])


def test_program_moves_when_its_instance_is_killed(fleet: Fleet) -> None:
    one = fleet.start("one")
    assert fleet.runner() == "one"
    two = fleet.start("two")
    two.wait_for(lambda: "ticker    runs on instance one; waiting" in two.log, "waiting")
    pids = [*one.children(), *one.children(lock_holder(one))]
    for pid in [one.pid, *pids]:  # as the kernel does with all processes of a container
        os.kill(pid, signal.SIGKILL)
    one.wait()
    assert fleet.wait_for_another("one") == "two"
    assert fleet.turns() == ["one", "two"]


def test_program_dies_with_the_holder_of_its_lock(fleet: Fleet) -> None:
    one = fleet.start("one", manner="stubborn")
    assert fleet.runner() == "one"
    fleet.start("two", manner="stubborn")
    pid = program_pid(one)
    os.kill(lock_holder(one), signal.SIGKILL)
    one.wait_for(lambda: not psutil.pid_exists(pid), "end of the program")
    one.wait_for(lambda: "ticker ended" in one.log, "restart")
    last = [at for at, name, _ in fleet.notes() if name == "one"][-1]
    fleet.runner()
    first_after = next(at for at, _, _ in fleet.notes() if at > last)
    assert first_after - last > 1  # the next holder gives it time to end


def test_two_programs_have_separate_locks(launch: Launch, tmp_path: Path) -> None:
    lines = "command=sh -c 'echo at work; exec sleep 600'\ndemijohn_single_instance=true\n"
    running = launch(make_root(tmp_path, clock=lines, mail=lines), **MIRROR).start()
    for name in ("clock", "mail"):
        running.wait_for(lambda n=name: f"{n:<9} at work\n" in running.log, name)  # type: ignore[misc]


@pytest.mark.parametrize("manner", ["polite", "stubborn"])
def test_program_whose_lock_is_lost_ends_before_another_starts(
    fleet: Fleet, postgres: Postgres, database: str, manner: str
) -> None:
    """The server ends the holder's connection, which frees the lock at once."""
    fleet.start("one", manner)
    assert fleet.runner() == "one"
    two = fleet.start("two", manner)
    two.wait_for(lambda: "waiting" in two.log, "waiting")
    name = urlsplit(database).path[1:]
    found = postgres.execute(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks"
        f" WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = "
        f"{lock_key('ticker')}",
        name,
    )
    assert found == [(1,)] or found == "1", found
    one = fleet.instances["one"]
    one.wait_for(lambda: "ticker    the lock may be lost, stopping (" in one.log, "loss")
    # supervisord restarts the first holder quickly: either of them may get the lock now.
    least = HANDOVER_SECONDS - (GRACE_SECONDS if manner == "stubborn" else 0)
    two.wait_for(lambda: fleet.longest_pause() > least, "handover")
    assert fleet.turns() in (["one"], ["one", "two"])
    assert "sigterm" in [word for _, name, word in fleet.notes() if name == "one"]


def test_program_without_its_database_ends_before_another_starts(
    fleet: Fleet, database: str, proxies: Callable[[], Proxy]
) -> None:
    """No packet arrives and no connection is closed: the server ends it after its timeout."""
    proxy = proxies()
    through = database.replace(f":{urlsplit(database).port}/", f":{proxy.port}/")
    fleet.start("one", manner="stubborn", DATABASE_URL=through)
    assert fleet.runner() == "one"
    two = fleet.start("two", manner="stubborn")
    two.wait_for(lambda: "waiting" in two.log, "waiting")
    proxy.freeze()
    assert fleet.wait_for_another("one") == "two"
    assert fleet.turns() == ["one", "two"]
    one = fleet.instances["one"]
    one.wait_for(
        lambda: "waiting: cannot connect to the database" in one.log, "report of the outage"
    )
    proxy.heal()
    one.wait_for(lambda: "runs on instance two; waiting" in one.log, "name of the running instance")


@pytest.fixture
def proxies(postgres: Postgres) -> Iterator[Callable[[], Proxy]]:
    made: list[Proxy] = []

    def make() -> Proxy:
        made.append(Proxy(postgres.port))
        return made[-1]

    yield make
    for proxy in made:
        proxy.heal()
        proxy.refuse()


@pytest.mark.pgbouncer
def test_lock_is_held_through_a_transaction_pooler(
    fleet: Fleet, pgbouncer: PgBouncer, database: str
) -> None:
    through = pgbouncer.url(database)
    fleet.start("one", DATABASE_URL=through)
    assert fleet.runner() == "one"
    two = fleet.start("two", DATABASE_URL=through)
    two.wait_for(lambda: "ticker    runs on instance one; waiting" in two.log, "waiting")
    for _ in range(6):  # every server connection is used by other transactions
        with closing(psycopg2.connect(through)) as other, other.cursor() as cursor:
            cursor.execute("SELECT 1")
    fleet.instances["one"].signal(signal.SIGTERM)
    assert fleet.wait_for_another("one") == "two"
    assert fleet.turns() == ["one", "two"]


def test_exit_status_of_a_single_instance_is_passed_through(launch: Launch, tmp_path: Path) -> None:
    lines = "command=sh -c 'echo the queue is gone >&2; exit 3'\ndemijohn_single_instance=true\n"
    running = launch(make_root(tmp_path, worker=lines), **MIRROR).start()
    assert running.wait() == 70
    last = running.log.splitlines()[-1]
    assert "worker failed 3 times in 60 s (exit status 3)" in last
    assert last.endswith("the queue is gone")


def test_signal_that_kills_a_single_instance_is_passed_through(fleet: Fleet) -> None:
    one = fleet.start("one")
    fleet.runner()
    os.kill(program_pid(one), signal.SIGKILL)
    message = "ticker ended (terminated by SIGKILL), restarting it"
    one.wait_for(lambda: message in one.log, "restart")
    fleet.runner()


def test_program_stopped_as_a_group_gets_one_signal(fleet: Fleet) -> None:
    one = fleet.start("one", manner="stubborn", extra="stopasgroup=true\nstopwaitsecs=2\n")
    fleet.runner()
    before = len(fleet.notes())
    os.kill(lock_holder(one), signal.SIGTERM)  # supervisord would send it to the program as well
    one.wait_for(lambda: len(fleet.notes()) > before + 10, "running program")
    assert "sigterm" not in [word for _, _, word in fleet.notes()]
    one.signal(signal.SIGTERM)
    assert one.wait() == 0
    assert [word for _, _, word in fleet.notes()].count("sigterm") == 1
    assert not remaining_processes(one)


def test_program_environment_has_no_lock_database(launch: Launch, tmp_path: Path) -> None:
    lines = "command=sh -c 'env | grep -c LOCK_DATABASE; exec sleep 600'\n"
    folder = make_root(tmp_path, worker=lines + "demijohn_single_instance=true\n")
    running = launch(folder, **MIRROR).start()
    running.wait_for(lambda: "worker    0\n" in running.log, "its environment")


def test_single_instance_with_a_missing_command_exits_78(launch: Launch, tmp_path: Path) -> None:
    lines = "command=/nowhere/worker\ndemijohn_single_instance=true\n"
    running = launch(make_root(tmp_path, worker=lines), **MIRROR).start()
    assert running.wait() == 78
    assert running.log.splitlines()[-1] == (
        "demijohn: worker cannot be run: No such file or directory: /nowhere/worker. "
        "Correct its command in programs.d."
    )
