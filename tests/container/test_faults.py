"""Rows of the table of faults that only containers can show."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.container.engine import (
    HARDENED,
    ROOT,
    Container,
    Engine,
    Postgres,
    must,
    wait_for,
)
from tests.ledger import Query
from tests.load import READ, Load
from tests.rows import Measured, row
from tests.watch import Watch

Launch = Callable[..., Container]

HERE = Path(__file__).resolve().parent
AILING = ("--volume", f"{ROOT}/tests/stack/apps/ailing.py:/app/ailing.py:ro")


def mounted(path: Path, place: str) -> Sequence[str]:
    return "--volume", f"{path}:{place}:ro"


@row("rolling replacement of 3 containers behind a balancer, {times} x", short=1, soak=3)
def test_no_request_fails_while_all_containers_are_replaced(
    engine: Engine, lab: str, launch: Launch, query: Query, times: int, measured: Measured
) -> None:
    def start() -> Container:
        return launch(alias="site", DRAIN_SECONDS="3").wait_until_ready()

    sites = [start() for _ in range(3)]
    config = mounted(HERE / "balancer.cfg", "/balancer.cfg")
    balancer = engine.start(lab, "haproxy", "-f", "/balancer.cfg", options=config)
    wait_for(lambda: balancer.get("/readyz").status_code == 200, "the balancer")
    replaced = 0
    with Load(balancer.url) as load:
        for _ in range(3 * times):
            oldest = sites.pop(0)
            must("stop", "--time", "30", oldest.name)
            assert oldest.wait() == 0
            sites.append(start())
            time.sleep(1)  # until the balancer has looked
            replaced += 1
            load.more(50)
    assert load.failed() == []
    load.check(query)
    measured(f"{replaced} replaced; {load.told()}")


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
        must("run", "--rm", *inside, lab, *command)

    with Watch(site.url) as watch, watch.absence():
        route("add")
        time.sleep(times)
        route("del")
    assert watch.load.failed(READ), "nobody was turned away: the row shows nothing"
    measured(watch.check(query))
