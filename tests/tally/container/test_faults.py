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
from tests.tally.support.outage_check import Watch

Launch = Callable[..., Container]

AILING = ("--volume", f"{ROOT}/tests/tally/faults/ailing_app.py:/app/ailing.py:ro")


def mounted(path: Path, place: str) -> Sequence[str]:
    return "--volume", f"{path}:{place}:ro"


@row("rolling replacement of 3 containers behind a balancer, {times} x", short=1, soak=3)
def test_no_request_fails_while_all_containers_are_replaced(
    engine: Engine, lab: str, launch: Launch, query: Query, times: int, measured: Measured
) -> None:
    def start(name: str) -> Container:
        return launch(alias=name, DRAIN_SECONDS="3").wait_until_ready()

    names = ("site-one", "site-two", "site-three")
    sites = {name: start(name) for name in names}
    config = mounted(ROOT / "tests/support/lab/balancer.cfg", "/balancer.cfg")
    balancer = engine.start(lab, "haproxy", "-f", "/balancer.cfg", options=config)
    wait_for(lambda: balancer.get("/readyz").status_code == 200, "the balancer")
    with Load(balancer.url) as load:
        for name in names * times:
            run_docker("stop", "--time", "30", sites[name].name)
            assert sites[name].wait() == 0
            sites[name] = start(name)
            time.sleep(1)  # until the balancer has looked
            load.more(50)
    assert load.failed() == [], balancer.stdout + balancer.stderr
    load.check(query)
    measured(f"{3 * times} replaced; {load.told()}")


@row("out of memory in a worker of a 256 MB container, {times} x", short=2, soak=10)
def test_a_worker_that_takes_all_memory_goes_and_the_container_lives(
    launch: Launch, query: Query, times: int, measured: Measured
) -> None:
    site = launch(options=(*HARDENED, *AILING), APP_MODULE="ailing:app").wait_until_ready()
    started = site.inspect(".State.StartedAt")
    with Load(site.url) as load:
        for number in range(1, times + 1):
            site.post("/api/ill/devour", {})
            wait_for(lambda n=number: site.stderr.count("SIGKILL") >= n, "word of its end")  # type: ignore[misc]
            load.more(50)
    assert site.inspect(".State.StartedAt") == started
    assert site.inspect(".State.Running")
    load.check(query)
    measured(load.told())


@row("the network to Postgres is cut for {times} s", short=8, soak=60)
def test_the_network_is_cut(
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
        """In the server's network: its packets to the site go nowhere, and nobody says so."""
        inside = ("--network", f"container:{postgres.host}", "--cap-add", "NET_ADMIN")
        command = ("ip", "route", verb, "blackhole", network["IPAddress"])
        run_docker("run", "--rm", *inside, lab, *command)

    with Watch(site.url) as watch, watch.absence():
        route("add")
        time.sleep(times)
        route("del")
    assert watch.load.failed(READ), "nobody was turned away: the row shows nothing"
    measured(watch.check(query))


@row("no room where the run directory is")
def test_a_full_or_read_only_disk_is_no_half_start(launch: Launch, measured: Measured) -> None:
    started = 0
    for size in ("read-only", "4k", "32k", "40k", "44k", "64k", "512k", "2m", "8m"):
        room = ["--tmpfs", f"/tmp:size={size}"] if size != "read-only" else []
        site = launch(options=["--read-only", *room])
        if size in ("2m", "8m"):
            assert site.wait_until_ready().get("/api/status").status_code == 200
            started += 1
            continue
        assert site.wait() == 73, size
        (complaint,) = site.error_messages()
        assert complaint.startswith("the run directory /tmp/demijohn-10001-8080")
        assert complaint.endswith("or set DEMIJOHN_RUN_DIR.")
        assert ("no room" in complaint) == (size != "read-only")
    measured(f"7 sizes end with 73 and one line, {started} serve")


@row("a program that keeps exiting, one that cannot start: 70, and a restart by the host")
def test_a_program_beyond_help_ends_the_container_and_the_host_restarts_it(
    launch: Launch, tmp_path: Path, measured: Measured
) -> None:
    told = []
    for name, command, words in (
        ("flaky", "sh -c 'echo the disk is made of cheese >&2; exit 1'", "made of cheese"),
        ("absent", "/nowhere/worker", "/nowhere/worker"),
    ):
        conf = tmp_path / f"{name}.conf"
        conf.write_text(f"[program:{name}]\ncommand={command}\n{PROGRAM}")
        conf.chmod(0o644)
        program = mounted(conf, f"/app/programs.d/{name}.conf")
        site = launch(options=(*HARDENED, *program, "--restart", "on-failure:2"))
        wait_for(lambda s=site: s.inspect(".RestartCount") == 2, "two restarts")  # type: ignore[misc]
        assert site.wait() == 70
        last = site.stderr.splitlines()[-1]
        assert last.startswith(f"demijohn: {name} ") and words in last
        state = site.inspect(".State")
        took = (moment(state["FinishedAt"]) - moment(state["StartedAt"])).total_seconds()
        assert took < 15
        told.append(f"{name} ended it after {took:.1f} s")
    measured("; ".join(told) + "; each was restarted twice")


def moment(text: str) -> datetime:
    """A time as the engine writes it, with nanoseconds."""
    return datetime.fromisoformat(text[:19] + "+00:00")
