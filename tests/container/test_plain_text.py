"""A database without TLS at a public address, and one at a socket whose path has colons."""

from collections.abc import Iterator

import pytest

from tests.support.docker_engine import (
    HARDENED,
    PASSWORD,
    Engine,
    Postgres,
    docker,
    run_docker,
    wait_for,
)

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
        words = ("--network", network, "--env", url, *HARDENED)
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
    words = ("--network", engine.run, "--env", f"DATABASE_URL={postgres.url(database)}", *HARDENED)
    done = docker("run", "--rm", *words, image, "doctor")
    assert (done.returncode, "not encrypted" in done.stdout) == (0, False), done.stdout


@pytest.mark.parametrize(
    "form", ["postgres://{login}@{escaped}/d", "postgres:///d?host={plain}&{parts}"]
)
def test_socket_in_a_folder_with_colons_is_used(engine: Engine, image: str, form: str) -> None:
    """As Cloud SQL mounts it: /cloudsql/project:region:instance."""
    folder = "/cloudsql/my-project:europe-west1:instance"
    volume = engine.name()
    server = engine.name()
    run_docker("volume", "create", "--label", engine.label, volume)
    mount = ("--mount", f"type=volume,source={volume},target=/cloudsql")
    make = f"mkdir -p '{folder}' && chmod -R 777 /cloudsql"
    root = ("run", "--rm", "--user", "root", *mount, "--entrypoint", "sh")
    run_docker(*root, "postgres:17", "-c", make)
    words = ("--name", server, "--label", engine.label, *mount)
    words += ("--env", "POSTGRES_DB=d", "--env", f"POSTGRES_PASSWORD={PASSWORD}", "postgres:17")
    sockets = (
        f"unix_socket_directories=/var/run/postgresql,{folder}"  # the entrypoint needs the first
    )
    run_docker("run", "--detach", *words, "-c", sockets, "-c", "listen_addresses=")
    try:
        probe = (
            "exec",
            server,
            "psql",
            "-h",
            folder,
            "-U",
            "postgres",
            "-d",
            "d",
            "-c",
            "SELECT 1",
        )
        wait_for(lambda: docker(*probe).returncode == 0, "Postgres")
        login = "postgres:open%2Fsesame%401001%3Fnights"
        parts = "user=postgres&password=open%2Fsesame%401001%3Fnights"
        url = form.format(
            login=login, escaped=folder.replace("/", "%2F"), plain=folder, parts=parts
        )
        settings = ("--env", f"DATABASE_URL={url}", *mount, *HARDENED)
        done = docker("run", "--rm", *settings, image, "release")
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"at {folder}/d" in done.stdout and "upgrade head took" in done.stdout
    finally:
        run_docker("rm", "--force", "--volumes", server)
        run_docker("volume", "rm", volume)
