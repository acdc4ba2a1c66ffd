"""A Postgres at a socket in a folder with colons, as Cloud SQL mounts it."""

import contextlib
from collections.abc import Iterator

from tests.support.docker_engine import PASSWORD, Engine, docker, run_docker, wait_for

FOLDER = "/cloudsql/my-project:europe-west1:instance"  # project:region:instance
URLS = ("postgres://{login}@{escaped}/d", "postgres:///d?host={plain}&{parts}")


def fill(url: str) -> str:
    """One of the URLs with the user, the password and the folder."""
    return url.format(
        login="postgres:open%2Fsesame%401001%3Fnights",
        escaped=FOLDER.replace("/", "%2F"),
        plain=FOLDER,
        parts="user=postgres&password=open%2Fsesame%401001%3Fnights",
    )


@contextlib.contextmanager
def colon_socket(engine: Engine) -> Iterator[tuple[str, ...]]:
    """Start the server; yield the options that mount its socket into a container."""
    volume, server = engine.name(), engine.name()
    run_docker("volume", "create", "--label", engine.label, volume)
    mount = ("--mount", f"type=volume,source={volume},target=/cloudsql")
    make = f"mkdir -p '{FOLDER}' && chmod -R 777 /cloudsql"
    root = ("run", "--rm", "--user", "root", *mount, "--entrypoint", "sh")
    run_docker(*root, "postgres:17", "-c", make)
    words = ("--name", server, "--label", engine.label, *mount)
    words += ("--env", "POSTGRES_DB=d", "--env", f"POSTGRES_PASSWORD={PASSWORD}", "postgres:17")
    # The image's entrypoint needs the first folder.
    sockets = f"unix_socket_directories=/var/run/postgresql,{FOLDER}"
    run_docker("run", "--detach", *words, "-c", sockets, "-c", "listen_addresses=")
    probe = ("exec", server, "psql", "-h", FOLDER, "-U", "postgres", "-d", "d", "-c", "SELECT 1")
    try:
        wait_for(lambda: docker(*probe).returncode == 0, "Postgres")
        yield mount
    finally:
        run_docker("rm", "--force", "--volumes", server)
        run_docker("volume", "rm", volume)
