"""A database without TLS at a public address, and one at a socket whose path has colons."""

from collections.abc import Iterator

import pytest

from tests.support import colon_socket
from tests.support.docker_engine import HARDENED, Engine, Postgres, docker, run_docker
from tests.support.mirror_app import MIRROR_APP

# Reserved for documentation (RFC 5737) and not private, so it stands for a public network here.
PUBLIC = "198.51.100.0/24"


@pytest.fixture
def public(engine: Engine, postgres: Postgres) -> Iterator[tuple[str, str]]:
    """A network with public addresses, and the address of `postgres` in it."""
    name = engine.create_network(PUBLIC)
    run_docker("network", "connect", name, postgres.host)
    address = f'{{{{(index .NetworkSettings.Networks "{name}").IPAddress}}}}'
    yield name, run_docker("inspect", "--format", address, postgres.host)
    run_docker("network", "disconnect", "--force", name, postgres.host)
    run_docker("network", "rm", name)


@pytest.mark.parametrize(
    ("rest", "remedy"),
    [
        ("", "refuses TLS: turn it on there, then add ?sslmode=require to DATABASE_URL"),
        ("?sslmode=disable", "Change sslmode=disable to sslmode=require in DATABASE_URL"),
    ],
)
def test_unencrypted_connection_to_a_public_address_is_a_problem(
    image: str,
    postgres: Postgres,
    database: str,
    public: tuple[str, str],
    rest: str,
    remedy: str,
) -> None:
    network, address = public
    for command, status, mark in (("doctor", 1, "  ✗ "), ("release", 0, "database  warning: ")):
        url = f"DATABASE_URL={postgres.url(database, rest, host=address)}"
        words = ("--network", network, "--env", url, *HARDENED, *MIRROR_APP.docker_options())
        done = docker("run", "--rm", *words, image, command)
        assert done.returncode == status, done.stdout + done.stderr
        expected = (
            f"{mark}the connection to {address}:5432/{database} is not encrypted, and {address}"
        )
        (line,) = [line for line in done.stdout.splitlines() if line.startswith(expected)]
        assert remedy in line


def test_unencrypted_connection_in_a_private_network_is_allowed(
    engine: Engine, image: str, postgres: Postgres, database: str
) -> None:
    url = f"DATABASE_URL={postgres.url(database)}"
    words = ("--network", engine.run, "--env", url, *HARDENED, *MIRROR_APP.docker_options())
    done = docker("run", "--rm", *words, image, "doctor")
    assert (done.returncode, "not encrypted" in done.stdout) == (0, False), done.stdout


@pytest.mark.parametrize("url", colon_socket.URLS)
def test_socket_in_a_folder_with_colons_is_used(engine: Engine, image: str, url: str) -> None:
    with colon_socket.colon_socket(engine) as mount:
        database = ("--env", f"DATABASE_URL={colon_socket.fill(url)}", *mount, *HARDENED)
        app = MIRROR_APP.docker_options()
        done = docker("run", "--rm", *database, *app, image, "release")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"at {colon_socket.FOLDER}/d" in done.stdout and "migrate.py took" in done.stdout
