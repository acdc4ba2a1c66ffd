"""Peers in other networks: Cloudflare's, another public one, a private one."""

import json
from collections.abc import Callable

import pytest

from tests.support.docker_engine import Container, Engine, docker, run_docker

Launch = Callable[..., Container]

CLIENT = "203.0.113.7"
PATH = "/api/unknown"
ASK = """
import json, sys, urllib.error, urllib.request
url, headers = sys.argv[1], json.loads(sys.argv[2])
try:
    answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30)
except urllib.error.HTTPError as error:
    answer = error
print("Strict-Transport-Security" in answer.headers)
"""


def counts_as_https(site: Container, image: str, network: str, alias: str) -> bool:
    """Whether a request from that network with X-Forwarded-Proto counts as https."""
    headers = {
        "X-Forwarded-For": f"6.6.6.6, {CLIENT}",
        "X-Forwarded-Proto": "https",
        "CF-Connecting-IP": CLIENT,
        "CF-Visitor": '{"scheme":"https"}',
    }
    words = ("python", "-c", ASK, f"http://{alias}:8080{PATH}", json.dumps(headers))
    return run_docker("run", "--rm", "--network", network, image, *words).strip() == "True"


def logged_clients(site: Container) -> set[str]:
    """The client addresses of requests for PATH in the access log."""
    lines = [line for line in site.stdout.splitlines() if f'"GET {PATH}' in line]
    return {line.split()[1] for line in lines}


@pytest.mark.parametrize(
    ("block", "trusted"), [("172.71.0.0/16", True), ("198.51.100.0/24", False)]
)
def test_public_peer_is_trusted_only_if_it_is_cloudflare(
    engine: Engine, launch: Launch, image: str, block: str, trusted: bool
) -> None:
    site = launch().wait_until_ready()
    name = engine.create_network(block, "--internal")
    run_docker("network", "connect", "--alias", "site", name, site.name)
    assert counts_as_https(site, image, name, "site") is trusted
    (client,) = logged_clients(site)
    assert (client == CLIENT) is trusted
    warning = f"{client} sends X-Forwarded-For but is not a trusted proxy"
    advice = f"set TRUSTED_PROXIES={client}; if it is a client, ignore this."
    assert (warning in site.log and advice in site.log) is not trusted
    doctor = docker("exec", site.name, "demijohn", "doctor").stdout
    assert (f"not trusted                 {warning}" in doctor) is not trusted
    assert f"✗ {client} sends" not in doctor  # it may be a client


def test_private_peer_is_a_problem_until_it_is_trusted(
    engine: Engine, launch: Launch, image: str
) -> None:
    site = launch(alias="plain").wait_until_ready()
    for _ in range(2):
        assert counts_as_https(site, image, engine.run, "plain") is False
    assert site.log.count("is not a trusted proxy") == 1
    doctor = docker("exec", site.name, "demijohn", "doctor")
    assert doctor.returncode == 1
    (problem,) = [line for line in doctor.stdout.splitlines() if "✗" in line]
    assert problem.endswith("If it is your proxy, set TRUSTED_PROXIES=private.")

    trusting_site = launch(alias="trusting", TRUSTED_PROXIES="private").wait_until_ready()
    assert counts_as_https(trusting_site, image, engine.run, "trusting") is True
    assert logged_clients(trusting_site) == {CLIENT}
    assert "is not a trusted proxy" not in trusting_site.log
