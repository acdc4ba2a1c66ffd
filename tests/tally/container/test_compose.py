"""`docker compose up --build`, as in the README."""

import socket
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.support.docker_engine import Engine, docker, run_docker, wait_for

Compose = Callable[..., str]


@pytest.fixture
def address() -> str:
    """A loopback address and port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def compose(engine: Engine, image: str, address: str) -> Iterator[Compose]:
    """A function that runs `docker compose` in a project for this test."""
    project = f"{engine.run}-compose"

    def run(*words: str) -> str:
        return run_docker(
            "compose", "-p", project, *words, environment={"PORT": address.rpartition(":")[2]}
        )

    yield run
    docker("compose", "-p", project, "kill")
    docker("compose", "-p", project, "down", "--volumes", "--rmi", "local")


def test_compose_keeps_the_data_when_containers_are_replaced(
    compose: Compose, address: str
) -> None:
    def ready() -> bool:
        probes = (f"http://{address}{path}" for path in ("/readyz", "/healthz/database"))
        return all(httpx.get(probe).status_code == 200 for probe in probes)

    compose("up", "--build", "--detach")
    wait_for(ready, "readiness")
    body = {"question": "Will it last?", "options": ["Yes", "No"]}
    created = httpx.post(f"http://{address}/api/polls", json=body)
    assert created.status_code == 201
    compose("down")
    compose("up", "--detach")
    wait_for(ready, "readiness after the restart")
    found = httpx.get(f"http://{address}{created.headers['Location']}")
    assert (found.status_code, found.json()["question"]) == (200, "Will it last?")
