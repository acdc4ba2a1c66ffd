"""The image on each host: its variables, users, headers, probes, signals and database URLs.

The hosts are rows of hosts.toml; `not_tried` there lists what only the real host can show.
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
    run_docker,
    wait_for,
)
from tests.support.mirror_app import REVISIONS

Launch = Callable[..., Container]

# Headers that a client can forge to appear as another client or to have used another scheme. The
# host's proxy overwrites those that it sets, and passes on the others.
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

# Further variables of the app: the database for its driver, the image's settings, and variables of
# the engine, a shell, Python, supervisord and Gunicorn.
REWRITTEN = {"DATABASE_URL"}
ADDED = re.compile(
    "DATABASE_URL|SQLALCHEMY_DATABASE_URI|DEMIJOHN_.*"
    "|HOSTNAME|PWD|OLDPWD|SHLVL|_|LC_CTYPE|SUPERVISOR_.*|SERVER_SOFTWARE"
)

# Names that belong to the app or the host, with values that apps accept.
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
    """The deployment to the host of this test; its web process is ready."""
    return fleet.deploy(request.param)


@pytest.fixture(scope="module")
def untrusted_peer(engine: Engine, image: str) -> Container:
    """A container in a network without a platform's proxy."""
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


def with_forged_headers(headers: dict[str, str]) -> dict[str, str]:
    """The headers of a request as the image receives it, with all forged headers that pass the
    proxy.
    """
    known = {name.lower() for name in headers}
    passed_on = {name: text for name, text in FORGED.items() if name.lower() not in known}
    return passed_on | {
        name: text.replace("{client}", CLIENT).replace("{cloudflare}", CLOUDFLARE_EDGE)
        for name, text in headers.items()
    }


def seen_by_app(site: Container, headers: dict[str, str]) -> dict[str, Any]:
    """A request with these headers, as the app sees it."""
    response = httpx.get(f"{site.url}/api/mirror", headers=headers, timeout=30, verify=NO_TLS)
    assert response.status_code == 200, response.text
    return dict(response.json())


@each_host
def test_release_step_migrates_before_the_boot(deployed: Deployment) -> None:
    if deployed.release is None:  # the host has no release step
        assert deployed.web.stderr.count("Running upgrade") == len(REVISIONS)
        return
    log = deployed.release.log
    assert deployed.release.inspect(".State.ExitCode") == 0, log
    assert log.count("Running upgrade") == len(REVISIONS)
    assert "Running upgrade" not in deployed.web.stderr


@each_host
def test_smoke_passes_on_the_host(deployed: Deployment) -> None:
    assert set(deployed.web.smoke().values()) <= {"pass", "skip"}
    assert deployed.web.get("/healthz/database").status_code == 200


@each_host
def test_app_sees_client_and_https_despite_forged_headers(deployed: Deployment) -> None:
    seen = seen_by_app(deployed.web, with_forged_headers(deployed.host["headers"]))
    assert (seen["client"], seen["scheme"], seen["root"]) == (CLIENT, "https", "")
    assert seen["headers"]["X-Forwarded-For"] == CLIENT


@each_behind_cloudflare
def test_app_sees_the_client_behind_cloudflare(deployed: Deployment) -> None:
    seen = seen_by_app(deployed.web, with_forged_headers(deployed.host["cloudflare"]))
    assert (seen["client"], seen["scheme"]) == (CLIENT, "https")


@each_host
def test_peer_outside_the_proxy_network_is_the_client(
    deployed: Deployment, untrusted_peer: Container
) -> None:
    (network,) = untrusted_peer.inspect(".NetworkSettings.Networks")
    peer_address = untrusted_peer.inspect(".NetworkSettings.Networks")[network]["IPAddress"]
    run_docker("network", "connect", network, deployed.web.name)
    try:
        url = f"http://{deployed.address(network)}/api/mirror"
        script = "import sys, json, urllib.request as r; headers = json.loads(sys.argv[2])"
        script += "; print(r.urlopen(r.Request(sys.argv[1], headers=headers)).read().decode())"
        headers = with_forged_headers(deployed.host["headers"])
        seen = json.loads(untrusted_peer.exec("python3", "-c", script, url, json.dumps(headers)))
    finally:
        run_docker("network", "disconnect", network, deployed.web.name)
    assert (seen["client"], seen["scheme"], seen["root"]) == (peer_address, "http", "")


@each_host
def test_app_environment_is_that_of_the_host(deployed: Deployment) -> None:
    environ = seen_by_app(deployed.web, {})["environ"]
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
def test_probe_of_the_host_is_200(deployed: Deployment) -> None:
    probe = deployed.host["probe"]
    headers = {
        "Host": probe["host"].format(address=deployed.address()),
        "User-Agent": probe["user_agent"],
        "Accept": "*/*",
    }
    for path in {probe["path"], "/livez", "/up", "/healthz"}:
        response = httpx.get(deployed.web.url + path, headers=headers, timeout=30, verify=NO_TLS)
        assert response.status_code == 200, path
        assert response.headers["Content-Type"] == "application/json"


@each_host
def test_stop_signal_of_the_host_starts_a_drain(deployed: Deployment, fleet: Fleet) -> None:
    (name,) = [name for name, host in hosts().items() if host is deployed.host]
    fleet.stop(name)
    stop, web = deployed.host["stop"], deployed.web
    if stop.get("every_process") or deployed.settings.get("DRAIN_SECONDS") == "0":
        return  # no drain to observe; the next test checks the exit
    wait_for(lambda: web.get("/readyz").status_code == 503, "drain", seconds=10)
    assert web.get("/api/mirror").status_code == web.get("/livez").status_code == 200


@pytest.mark.parametrize("name", hosts())
def test_container_exits_0_within_the_grace_period_of_the_host(name: str, fleet: Fleet) -> None:
    fleet.stop(name).result()
    web = fleet.deploy(name).web
    assert web.wait() == 0, web.stderr
    for container in filter(None, (web, fleet.deploy(name).release)):
        log = container.log
        assert "Traceback" not in log, log
        secrecy.assert_no_secret([PASSWORD, secrecy.SECRET_KEY], log)


def launch_ready(launch: Launch, **settings: str) -> Container:
    """Start a container with default options; wait until it is ready."""
    return launch(options=(), DRAIN_SECONDS="0", **settings).wait_until_ready()


def test_unprefixed_names_are_left_to_the_app(launch: Launch) -> None:
    site = launch_ready(launch, **APPS_OWN)
    seen = seen_by_app(site, {})
    assert {name: seen["environ"].get(name) for name in APPS_OWN} == APPS_OWN
    assert seen["log_level"] == "WARNING"
    assert set(site.smoke().values()) <= {"pass", "skip"}


def test_app_environment_has_prefixed_settings_only(launch: Launch) -> None:
    site = launch_ready(
        launch, DEMIJOHN_LOG_LEVEL="Debug", DEMIJOHN_RELEASE="v42", RELEASE_COMMAND="1"
    )
    environ = seen_by_app(site, {})["environ"]
    assert (environ["DEMIJOHN_LOG_LEVEL"], environ["DEMIJOHN_RELEASE"]) == ("debug", "v42")
    assert not {"LOG_LEVEL", "RELEASE"} & environ.keys()


def test_bind_in_gunicorn_cmd_args_is_ignored(launch: Launch) -> None:
    site = launch_ready(launch, GUNICORN_CMD_ARGS="--bind=0.0.0.0:10000 --max-requests=500")
    assert seen_by_app(site, {})["environ"]["DEMIJOHN_RUN_DIR"]
    assert "--bind" in site.log  # a warning says that it is ignored
