"""Rows of the table of faults that only containers can show."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from tests.support.docker_engine import (
    HARDENED,
    ROOT,
    Container,
    Engine,
    Postgres,
    run_docker,
    wait_for,
)
from tests.support.fault_scenarios import Measured, row
from tests.support.front_door import PROGRAM
from tests.support.sql import Query
from tests.tally.support.load import READ, Load
from tests.tally.support.outage_check import OutageCheck

Launch = Callable[..., Container]

FAULTY_APP = ("--volume", f"{ROOT}/tests/tally/faults/faulty_app.py:/app/faulty_app.py:ro")


def mount(path: Path, place: str) -> Sequence[str]:
    return "--volume", f"{path}:{place}:ro"


@row("rolling replacement of 3 containers behind a balancer, {times} x", short=1, soak=3)
def test_rolling_replacement_of_all_containers_fails_no_request(
    engine: Engine, lab: str, launch: Launch, query: Query, times: int, measured: Measured
) -> None:
    def start(name: str) -> Container:
        return launch(alias=name, DRAIN_SECONDS="3").wait_until_ready()

    names = ("site-one", "site-two", "site-three")
    sites = {name: start(name) for name in names}
    config = mount(ROOT / "tests/support/lab/balancer.cfg", "/balancer.cfg")
    balancer = engine.start(lab, "haproxy", "-f", "/balancer.cfg", options=config)
    wait_for(lambda: balancer.get("/readyz").status_code == 200, "the balancer")
    with Load(balancer.url) as load:
        for name in names * times:
            run_docker("stop", "--time", "30", sites[name].name)
            assert sites[name].wait() == 0
            sites[name] = start(name)
            time.sleep(1)  # until the balancer has checked its health
            load.wait_for_successes(50)
    assert load.failed() == [], balancer.log
    load.check(query)
    measured(f"{3 * times} replaced; {load.summary()}")


@row("out of memory in a worker of a 256 MB container, {times} x", short=2, soak=10)
def test_worker_out_of_memory_is_killed_and_the_container_lives(
    launch: Launch, query: Query, times: int, measured: Measured
) -> None:
    site = launch(options=(*HARDENED, *FAULTY_APP), APP_MODULE="faulty_app:app").wait_until_ready()
    started = site.inspect(".State.StartedAt")
    with Load(site.url) as load:
        for number in range(1, times + 1):
            site.post("/api/fault/use-all-memory", {})
            wait_for(lambda n=number: site.stderr.count("SIGKILL") >= n, "report of its end")  # type: ignore[misc]
            load.wait_for_successes(50)
    assert site.inspect(".State.StartedAt") == started
    assert site.inspect(".State.Running")
    load.check(query)
    measured(load.summary())


@row("the network to Postgres is cut for {times} s", short=8, soak=60)
def test_cut_network_gives_503_only_during_the_outage(
    lab: str,
    launch: Launch,
    postgres: Postgres,
    query: Query,
    times: int,
    measured: Measured,
) -> None:
    site = launch().wait_until_ready()
    (network,) = site.inspect(".NetworkSettings.Networks").values()

    def route(verb: str) -> None:
        """Add or delete a route in the server's network that drops its packets to the site."""
        inside = ("--network", f"container:{postgres.host}", "--cap-add", "NET_ADMIN")
        command = ("ip", "route", verb, "blackhole", network["IPAddress"])
        run_docker("run", "--rm", *inside, lab, *command)

    with OutageCheck(site.url) as check, check.outage():
        route("add")
        time.sleep(times)
        route("del")
    assert check.load.failed(READ), "no request failed: the row shows nothing"
    measured(check.check(query))


@row("no room where the run directory is")
def test_full_or_read_only_run_directory_exits_73_or_serves(
    launch: Launch, measured: Measured
) -> None:
    started = 0
    for size in ("read-only", "4k", "32k", "40k", "44k", "64k", "512k", "2m", "8m"):
        options = ["--tmpfs", f"/tmp:size={size}"] if size != "read-only" else []
        site = launch(options=["--read-only", *options])
        if size in ("2m", "8m"):
            assert site.wait_until_ready().get("/api/status").status_code == 200
            started += 1
            continue
        assert site.wait() == 73, size
        (message,) = site.error_messages()
        assert message.startswith("the run directory /tmp/demijohn-10001-8080")
        assert message.endswith("or set DEMIJOHN_RUN_DIR.")
        assert ("disk is full" in message) == (size != "read-only")
    measured(f"7 sizes end with 73 and one line, {started} serve")


@row("a program that keeps exiting, one that cannot start: 70, and a restart by the host")
def test_container_is_restarted_after_a_program_keeps_failing(
    launch: Launch, tmp_path: Path, measured: Measured
) -> None:
    durations = []
    for name, command, words in (
        ("flaky", "sh -c 'echo the disk is made of cheese >&2; exit 1'", "made of cheese"),
        ("absent", "/nowhere/worker", "/nowhere/worker"),
    ):
        conf = tmp_path / f"{name}.conf"
        conf.write_text(f"[program:{name}]\ncommand={command}\n{PROGRAM}")
        conf.chmod(0o644)
        program = mount(conf, f"/app/programs.d/{name}.conf")
        site = launch(options=(*HARDENED, *program, "--restart", "on-failure:2"))
        wait_for(lambda s=site: s.inspect(".RestartCount") == 2, "two restarts")  # type: ignore[misc]
        assert site.wait() == 70
        last = site.stderr.splitlines()[-1]
        assert last.startswith(f"demijohn: {name} ") and words in last
        state = site.inspect(".State")
        seconds = (parse_time(state["FinishedAt"]) - parse_time(state["StartedAt"])).total_seconds()
        assert seconds < 15
        durations.append(f"{name} ended it after {seconds:.1f} s")
    measured("; ".join(durations) + "; each was restarted twice")


def parse_time(text: str) -> datetime:
    """Parse a time of the engine, which has nanoseconds."""
    return datetime.fromisoformat(text[:19] + "+00:00")
