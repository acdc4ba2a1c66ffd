"""During a database outage, everything that does not need the database works."""

import json
from collections.abc import Callable

from local.postgres import Postgres
from tests.runtime.lifecycle.clients import failure_reason
from tests.support.stack import Stack

Launch = Callable[..., Stack]
LIVE = ("/livez", "/healthz", "/up")


def test_database_outage_leaves_probes_pages_and_cache_working(
    launch: Launch, private_postgres: Postgres
) -> None:
    """Pages and responses that Nginx has cached stay reachable."""
    tally = launch(DATABASE_URL=private_postgres.url(), WEB_CONCURRENCY="1").start()
    tally.wait_until_ready()
    poll = json.dumps({"question": "Still there?", "options": ["Yes", "No"]}).encode()
    json_type = {"Content-Type": "application/json"}
    created = json.loads(tally.request("POST", "/api/polls", poll, json_type)[2])
    results = f"/api/polls/{created['id']}/results"
    assert tally.get(results)[0] == 200
    private_postgres.stop()
    tally.wait_for(
        lambda: failure_reason(tally, "/healthz/database") == "database away",
        "report of the outage",
    )
    tally.wait_for(lambda: tally.request("POST", "/api/polls", poll, json_type)[0] == 503, "503")
    for _ in range(10):
        assert {path: tally.get(path)[0] for path in LIVE} == dict.fromkeys(LIVE, 200)
        assert failure_reason(tally, "/readyz") == ""
        assert failure_reason(tally, "/healthz/database") == "database away"
        assert tally.get("/")[0] == 200
        assert json.loads(tally.get(results)[2])["ballots"] == 0
    private_postgres.start()
    tally.wait_for(lambda: failure_reason(tally, "/healthz/database") == "", "report of its return")
