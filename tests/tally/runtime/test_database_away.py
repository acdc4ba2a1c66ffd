"""The database is away: what still works stays reachable."""

import json
from collections.abc import Callable, Iterator

import pytest

from local.postgres import Postgres, temporary
from tests.runtime.lifecycle.clients import failure_reason
from tests.support.stack import Stack

Launch = Callable[..., Stack]
LIVE = ("/livez", "/healthz", "/up")


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    with temporary() as server:
        yield server


def test_database_away_takes_no_traffic_away(launch: Launch, own_postgres: Postgres) -> None:
    """What still works has to stay reachable: pages, and answers that Nginx has cached."""
    tally = launch(DATABASE_URL=own_postgres.url(), WEB_CONCURRENCY="1").start()
    tally.wait_until_ready()
    poll = json.dumps({"question": "Still there?", "options": ["Yes", "No"]}).encode()
    json_type = {"Content-Type": "application/json"}
    created = json.loads(tally.request("POST", "/api/polls", poll, json_type)[2])
    results = f"/api/polls/{created['id']}/results"
    assert tally.get(results)[0] == 200
    own_postgres.stop()
    tally.wait_for(
        lambda: failure_reason(tally, "/healthz/database") == "database away", "word of it"
    )
    tally.wait_for(lambda: tally.request("POST", "/api/polls", poll, json_type)[0] == 503, "503")
    for _ in range(10):
        assert {path: tally.get(path)[0] for path in LIVE} == dict.fromkeys(LIVE, 200)
        assert failure_reason(tally, "/readyz") == ""
        assert failure_reason(tally, "/healthz/database") == "database away"
        assert tally.get("/")[0] == 200
        assert json.loads(tally.get(results)[2])["ballots"] == 0
    own_postgres.start()
    tally.wait_for(lambda: failure_reason(tally, "/healthz/database") == "", "its return")
