"""The image built with pg_dump: backup and restore of a real Postgres 17."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.docker_engine import HARDENED, ROOT, Engine, Postgres, docker, run_docker

Output = tuple[int, str, str]


@pytest.fixture(scope="session")
def image_with_client(engine: Engine) -> str:
    """The image built with `--build-arg POSTGRES_CLIENT=17`."""
    return engine.build(ROOT, POSTGRES_CLIENT="17")[0]


def run(engine: Engine, image: str, url: str, *words: str, options: Sequence[str] = ()) -> Output:
    """Run a command of the image in a hardened container; return status, stdout and stderr."""
    network = ("--network", engine.run, "--env", f"DATABASE_URL={url}")
    done = docker("run", "--rm", *network, *HARDENED, *options, image, *words)
    return done.returncode, done.stdout, done.stderr


def test_backup_of_postgres_17_is_restored_in_the_image(
    engine: Engine, image_with_client: str, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    postgres.query(database, "CREATE TABLE kept AS SELECT n FROM generate_series(1, 1000) n")
    tmp_path.chmod(0o777)  # the image runs as another user
    volume = ("--volume", f"{tmp_path}:/backups")
    words = ("backup", "/backups/app.dump")
    url = postgres.url(database)
    assert run(engine, image_with_client, url, *words, options=volume)[::2] == (0, "")
    other = postgres.create_database()
    words = ("restore", "/backups/app.dump")
    status, out, err = run(engine, image_with_client, postgres.url(other), *words, options=volume)
    assert (status, err) == (0, "") and "/backups/app.dump is in " in out
    assert postgres.query(other, "SELECT sum(n) FROM kept") == "500500"


def test_postgres_client_adds_less_than_6_mb_to_the_image(
    image: str, image_with_client: str
) -> None:
    sizes = [
        int(run_docker("inspect", "--format", "{{.Size}}", i)) for i in (image, image_with_client)
    ]
    assert 0 < sizes[1] - sizes[0] < 6e6
    found = run_docker("run", "--rm", image, "sh", "-c", "find / -name pg_dump 2>/dev/null || true")
    assert found == "", "the default image has none"


def test_backup_without_a_client_names_the_build_argument(
    engine: Engine, image: str, postgres: Postgres, database: str
) -> None:
    status, _, err = run(engine, image, postgres.url(database), "backup", "/tmp/app.dump")
    assert (status, len(err.splitlines())) == (78, 1)
    assert "has no pg_dump, and the server is PostgreSQL 17" in err
    assert "--build-arg POSTGRES_CLIENT=17" in err
