"""Every timeout is in a table that matches the code; a caller's is longer than its callee's."""

import re
import tomllib
from collections.abc import Callable

import pytest
from demijohn.commands import healthcheck
from demijohn.config.settings import SETTINGS

from backend import connector, database
from local.steps import ROOT
from tests.support.supervisord_conf import stop_seconds

GUNICORN_CONF = "image/demijohn/worker/gunicorn_conf.py"
OUTAGE_CHECK = "tests/tally/support/outage_check.py"
NGINX_PY = "image/demijohn/serve/nginx.py"
DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
FLY = tomllib.loads((ROOT / "fly.toml").read_text(encoding="utf-8"))
(FLY_CHECK,) = FLY["http_service"]["checks"]


def number(file: str, pattern: str) -> float:
    """The number in the only match of a pattern in a file."""
    (found,) = re.findall(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    return float(found.replace("_", ""))


def probe(name: str) -> float:
    """Nginx's timeout for a worker's response to a probe, in seconds."""
    return number("nginx.conf", rf"location = /{name} {{[^}}]*proxy_read_timeout (\d+)s;")


def host() -> float:
    """The grace period of the hosts, in seconds; all agree."""
    graces = {
        float(FLY["kill_timeout"].removesuffix("s")),
        number("render.yaml", r"maxShutdownDelaySeconds: (\d+)"),
        number("docker-compose.yml", r"stop_grace_period: (\d+)s"),
    }
    (seconds,) = graces
    return seconds


def nginx_default(directive: str) -> float:
    """Nginx's default for a timeout that nginx.conf does not set."""
    conf = (ROOT / "nginx.conf").read_text(encoding="utf-8")
    assert not re.search(rf"^ *{directive}\b", conf, re.MULTILINE)
    return 60


# The source of each value in the table.
SOURCES: dict[str, Callable[[], float]] = {
    "ping": lambda: database.PING_WAIT,
    "pool": lambda: database.POOL_WAIT,
    "connect": lambda: DEFAULTS["DATABASE_CONNECT_TIMEOUT"],
    "network": lambda: float(connector.NETWORK["tcp_user_timeout"]) / 1000,
    "statement": lambda: DEFAULTS["DATABASE_STATEMENT_TIMEOUT"],
    "request": lambda: DEFAULTS["DATABASE_STATEMENT_TIMEOUT"] + database.GRACE,
    "outage response": lambda: number(
        "tests/tally/support/outage_check.py", r"^ANSWER_SECONDS, \w+ = ([\d.]+),"
    ),
    "probe": lambda: connector.PROBE_SECONDS,
    "recovery": lambda: number(
        "tests/tally/support/outage_check.py", r"^ANSWER_SECONDS, \w+ = [\d.]+, ([\d.]+)$"
    ),
    "client": lambda: (
        number("frontend/src/api/client.ts", r"^export const TIMEOUT = ([\d_]+);") / 1000
    ),
    "socket": lambda: number("nginx.conf", r"proxy_connect_timeout +(\d+)s;"),
    "answer": lambda: DEFAULTS["REQUEST_TIMEOUT"],
    "watchdog": lambda: (
        DEFAULTS["REQUEST_TIMEOUT"] + number(GUNICORN_CONF, r"start\(timeout \+ (\d+),")
    ),
    "header": lambda: number("nginx.conf", r"client_header_timeout +(\d+)s;"),
    "body": lambda: nginx_default("client_body_timeout"),
    "send": lambda: nginx_default("send_timeout"),
    "keepalive": lambda: number("nginx.conf", r"keepalive_timeout +(\d+)s;"),
    "readyz": lambda: probe("readyz"),
    "check": lambda: float(FLY_CHECK["timeout"].removesuffix("s")),
    "interval": lambda: float(FLY_CHECK["interval"].removesuffix("s")),
    "database": lambda: DEFAULTS["DATABASE_CONNECT_TIMEOUT"],
    "database probe": lambda: (
        DEFAULTS["DATABASE_CONNECT_TIMEOUT"]
        + number(NGINX_PY, r"proxy_read_timeout \{settings\.database_connect_timeout \+ (\d+)\}s;")
    ),
    "livez": lambda: probe("livez"),
    "healthcheck": lambda: healthcheck.TIMEOUT_SECONDS,
    "engine": lambda: number("Dockerfile", r"^HEALTHCHECK .*--timeout=(\d+)s"),
    "wait": lambda: DEFAULTS["DATABASE_WAIT"],
    "start": lambda: number("Dockerfile", r"^HEALTHCHECK .*--start-period=(\d+)s"),
    "release": lambda: DEFAULTS["RELEASE_TIMEOUT"],
    "drain": lambda: DEFAULTS["DRAIN_SECONDS"],
    "requests": lambda: (
        DEFAULTS["STOP_SECONDS"]
        - number(
            NGINX_PY,
            r"worker_shutdown_timeout \{settings\.stop_seconds - (\d+)\}s;",
        )
    ),
    "nginx": lambda: stop_seconds("nginx"),
    "gunicorn": lambda: stop_seconds("gunicorn"),
    "stop": lambda: DEFAULTS["DRAIN_SECONDS"] + stop_seconds("nginx") + stop_seconds("gunicorn"),
    "host": host,
}


def table() -> dict[str, tuple[float, str]]:
    """The rows of the table: each budget's seconds, and the budget that it must be shorter than."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    rows = text.partition("<!-- budgets -->")[2].partition("<!-- /budgets -->")[0]
    cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows.strip().splitlines()]
    return {name: (float(seconds), longer) for name, seconds, _, longer in cells[2:]}


TABLE = table()


def test_table_of_budgets_is_complete() -> None:
    assert list(TABLE) == list(SOURCES)


@pytest.mark.parametrize("budget", SOURCES)
def test_budget_in_the_table_matches_its_source(budget: str) -> None:
    assert TABLE[budget][0] == SOURCES[budget]()


@pytest.mark.parametrize(("budget", "longer"), [(b, row[1]) for b, row in TABLE.items() if row[1]])
def test_budget_is_shorter_than_that_of_its_caller(budget: str, longer: str) -> None:
    assert TABLE[budget][0] < TABLE[longer][0]


def test_gunicorn_and_nginx_share_the_request_timeout() -> None:
    """Both use the same setting."""
    gunicorn = (ROOT / GUNICORN_CONF).read_text(encoding="utf-8")
    assert 'timeout = int(os.environ["DEMIJOHN_REQUEST_TIMEOUT"])' in gunicorn
    nginx = (ROOT / NGINX_PY).read_text(encoding="utf-8")
    assert "proxy_read_timeout {settings.request_timeout}s;" in nginx
