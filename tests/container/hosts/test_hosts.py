"""The image on each host: with its variables, users, headers, probes, signals and database URLs.

The hosts are rows of hosts.toml; what only the real host can show stands there as `not_tried`.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.container.hosts.deployment import (
    CLIENT,
    CLOUDFLARE_EDGE,
    MIRROR,
    Deployment,
    Fleet,
    hosts,
)
from tests.support import secrecy
from tests.support.docker_engine import (
    NO_TLS,
    PASSWORD,
    Container,
    Engine,
    Postgres,
    must,
    wait_for,
)
from tests.support.stack import REVISIONS

Launch = Callable[..., Container]

# What a client can write to pretend to be another client, or to have come another way. The host's
# proxy overwrites those that it sets, and passes on the others.
FORGED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Protocol": "http",
    "X-Forwarded-Scheme": "http",
    "X-Forwarded-Ssl": "off",
    "X-Real-IP": "6.6.6.6",
    "X-Client-IP": "6.6.6.6",
    "X-Cluster-Client-IP": "6.6.6.6",
    "X-Url-Scheme": "http",
    "Forwarded": "for=6.6.6.6;proto=http;host=evil.example",
    "Front-End-Https": "off",
    "CF-Connecting-IP": "6.6.6.6",
    "CF-Visitor": '{"scheme":"http"}',
    "DO-Connecting-IP": "6.6.6.6",
    "Fly-Client-IP": "6.6.6.6",
    "True-Client-IP": "6.6.6.6",
    "X-Azure-ClientIP": "6.6.6.6",
}

# What the app finds besides: the database for its driver, the image's own settings, and variables
# of the engine, a shell, Python, supervisord and Gunicorn.
REWRITTEN = {"DATABASE_URL"}
ADDED = re.compile(
    "DATABASE_URL|SQLALCHEMY_DATABASE_URI|DEMIJOHN_.*"
    "|HOSTNAME|PWD|OLDPWD|SHLVL|_|LC_CTYPE|SUPERVISOR_.*|SERVER_SOFTWARE"
)

# Names that belong to the app or the host, with values as apps take them.
APPS_OWN = {
    "LOG_LEVEL": "WARNING",
    "MAX_BODY_SIZE": "1048576",
    "RATE_LIMIT": "100/minute",
    "REQUEST_TIMEOUT": "2.5",
    "STATIC_DIR": "/srv/static",
    "RUN_DIR": "runs/today",
    "RELEASE": "true",
    "REGION": "us-east-1",
    "INSTANCE": "ml.g5.xlarge",
    "PYTHON": "/usr/bin/python3",
    "CONTENT_SECURITY_POLICY": "off",
}


@pytest.fixture(scope="module")
def socket_postgres(engine: Engine) -> Postgres:
    """A Postgres whose Unix socket lies in a volume."""
    volume = engine.create_volume()
    server = engine.start_postgres(options=["--volume", f"{volume}:/var/run/postgresql"])
    server.volume = volume
    return server.wait_until_ready()


@pytest.fixture(scope="module")
def fleet(
    engine: Engine,
    image: str,
    postgres: Postgres,
    tls_postgres: Postgres,
    socket_postgres: Postgres,
) -> Iterator[Fleet]:
    servers = {"plain": postgres, "tls": tls_postgres, "socket": socket_postgres}
    made = Fleet(engine, image, servers)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def deployed(request: pytest.FixtureRequest, fleet: Fleet) -> Deployment:
    """The host that the test is about; its web process is ready."""
    return fleet.deploy(request.param)


@pytest.fixture(scope="module")
def stranger(engine: Engine, image: str) -> Container:
    """A container in a network that no platform's proxy is in."""
    network = engine.create_network("198.51.100.0/24", "--internal")
    options = ("--entrypoint", "sleep")
    return engine.start(image, "infinity", options=options, network=network)


# pytest shares a fixture between tests whose parameter has the same index. The list of all begins
# with those behind Cloudflare, so each host is deployed once.
BEHIND_CLOUDFLARE = [name for name, host in hosts().items() if "cloudflare" in host]
OTHERS = [name for name in hosts() if name not in BEHIND_CLOUDFLARE]
each_host = pytest.mark.parametrize(
    "deployed", BEHIND_CLOUDFLARE + OTHERS, indirect=True, scope="module"
)
each_behind_cloudflare = pytest.mark.parametrize(
    "deployed", BEHIND_CLOUDFLARE, indirect=True, scope="module"
)


def arriving(headers: dict[str, str]) -> dict[str, str]:
    """The headers of a request as the image gets it, with all that a client can forge."""
    known = {name.lower() for name in headers}
    passed_on = {name: text for name, text in FORGED.items() if name.lower() not in known}
    return passed_on | {
        name: text.replace("{client}", CLIENT).replace("{cloudflare}", CLOUDFLARE_EDGE)
        for name, text in headers.items()
    }


def mirrored(site: Container, headers: dict[str, str]) -> dict[str, Any]:
    """What the app sees of a request with these headers."""
    answer = httpx.get(f"{site.url}/api/mirror", headers=headers, timeout=30, verify=NO_TLS)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@each_host
def test_release_step_migrates_and_the_boot_finds_it_done(deployed: Deployment) -> None:
    if deployed.release is None:  # the host has no such step
        assert deployed.web.stderr.count("Running upgrade") == len(REVISIONS)
        return
    said = deployed.release.stdout + deployed.release.stderr
    assert deployed.release.inspect(".State.ExitCode") == 0, said
    assert said.count("Running upgrade") == len(REVISIONS)
    assert "Running upgrade" not in deployed.web.stderr


@each_host
def test_smoke_passes_on_the_host(deployed: Deployment) -> None:
    assert set(deployed.web.smoke().values()) <= {"pass", "skip"}
    assert deployed.web.get("/healthz/database").status_code == 200


@each_host
def test_app_sees_the_client_and_https_whatever_is_forged(deployed: Deployment) -> None:
    seen = mirrored(deployed.web, arriving(deployed.host["headers"]))
    assert (seen["client"], seen["scheme"], seen["root"]) == (CLIENT, "https", "")
    assert seen["headers"]["X-Forwarded-For"] == CLIENT


@each_behind_cloudflare
def test_app_sees_the_client_behind_cloudflare(deployed: Deployment) -> None:
    seen = mirrored(deployed.web, arriving(deployed.host["cloudflare"]))
    assert (seen["client"], seen["scheme"]) == (CLIENT, "https")


@each_host
def test_peer_elsewhere_is_the_client_whatever_it_sends(
    deployed: Deployment, stranger: Container
) -> None:
    (network,) = stranger.inspect(".NetworkSettings.Networks")
    own = stranger.inspect(".NetworkSettings.Networks")[network]["IPAddress"]
    must("network", "connect", network, deployed.web.name)
    try:
        url = f"http://{deployed.address(network)}/api/mirror"
        ask = "import sys, json, urllib.request as r; headers = json.loads(sys.argv[2])"
        ask += "; print(r.urlopen(r.Request(sys.argv[1], headers=headers)).read().decode())"
        headers = arriving(deployed.host["headers"])
        seen = json.loads(stranger.exec("python3", "-c", ask, url, json.dumps(headers)))
    finally:
        must("network", "disconnect", network, deployed.web.name)
    assert (seen["client"], seen["scheme"], seen["root"]) == (own, "http", "")


@each_host
def test_app_finds_its_environment_as_the_host_set_it(deployed: Deployment) -> None:
    environ = mirrored(deployed.web, {})["environ"]
    given = {
        name: text
        for name, text in deployed.settings.items()
        if name not in REWRITTEN and not name.startswith("DEMIJOHN_")
    }
    assert {name: environ.get(name) for name in given} == given
    of_image = {line.partition("=")[0] for line in deployed.web.inspect(".Config.Env")}
    added = environ.keys() - given.keys() - of_image
    assert [name for name in added if not ADDED.fullmatch(name)] == []


@each_host
def test_probe_of_the_host_is_answered(deployed: Deployment) -> None:
    probe = deployed.host["probe"]
    headers = {
        "Host": probe["host"].format(address=deployed.address()),
        "User-Agent": probe["user_agent"],
        "Accept": "*/*",
    }
    for path in {probe["path"], "/livez", "/up", "/healthz"}:
        answer = httpx.get(deployed.web.url + path, headers=headers, timeout=30, verify=NO_TLS)
        assert answer.status_code == 200, path
        assert answer.headers["Content-Type"] == "application/json"


@each_host
def test_signal_of_the_host_begins_a_drain(deployed: Deployment, fleet: Fleet) -> None:
    (name,) = [name for name, host in hosts().items() if host is deployed.host]
    fleet.stop(name)
    stop, web = deployed.host["stop"], deployed.web
    if stop.get("every_process") or deployed.settings.get("DRAIN_SECONDS") == "0":
        return  # no drain to be seen; that it ends well is another test's
    wait_for(lambda: web.get("/readyz").status_code == 503, "drain", seconds=10)
    assert web.get("/api/mirror").status_code == web.get("/livez").status_code == 200


@pytest.mark.parametrize("name", hosts())
def test_host_sees_exit_0_within_its_grace(name: str, fleet: Fleet) -> None:
    fleet.stop(name).result()
    web = fleet.deploy(name).web
    assert web.wait() == 0, web.stderr
    for container in filter(None, (web, fleet.deploy(name).release)):
        said = container.stdout + container.stderr
        assert "Traceback" not in said, said
        secrecy.assert_kept([PASSWORD, secrecy.SECRET_KEY], said)


def mirror(launch: Launch, **settings: str) -> Container:
    """The app that shows what it sees, ready."""
    options = ("--volume", f"{MIRROR}:/app/mirror.py:ro")
    given = {"APP_MODULE": "mirror:app", "DRAIN_SECONDS": "0"} | settings
    return launch(options=options, **given).wait_until_ready()


def test_names_of_the_app_are_the_apps(launch: Launch) -> None:
    site = mirror(launch, **APPS_OWN)
    seen = mirrored(site, {})
    assert {name: seen["environ"].get(name) for name in APPS_OWN} == APPS_OWN
    assert seen["log_level"] == "WARNING"
    assert set(site.smoke().values()) <= {"pass", "skip"}


def test_settings_have_names_that_no_app_has(launch: Launch) -> None:
    site = mirror(launch, DEMIJOHN_LOG_LEVEL="Debug", DEMIJOHN_RELEASE="v42", RELEASE_COMMAND="1")
    environ = mirrored(site, {})["environ"]
    assert (environ["DEMIJOHN_LOG_LEVEL"], environ["DEMIJOHN_RELEASE"]) == ("debug", "v42")
    assert not {"LOG_LEVEL", "RELEASE"} & environ.keys()


def test_gunicorn_arguments_that_bind_do_not_break_the_socket(launch: Launch) -> None:
    site = mirror(launch, GUNICORN_CMD_ARGS="--bind=0.0.0.0:10000 --max-requests=500")
    assert mirrored(site, {})["environ"]["DEMIJOHN_RUN_DIR"]
    assert "--bind" in site.stdout + site.stderr  # a warning says that it is ignored
