"""The image, Postgres servers and containers of the image, new for each test run.

A pytest plugin; a folder with container tests imports the rest from `container_fixtures`.
"""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from local.steps import ROOT
from tests.support import secrecy
from tests.support.docker_engine import PASSWORD, Container, Engine, Postgres, docker

# The containers of a test; the ends of their logs are shown where it fails.
STARTED = pytest.StashKey[list[Container]]()
LOG_LINES = 60


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the containers of a failed test logged, but for answers 200."""
    report = yield
    if call.when == "call" and report.failed:
        for container in item.stash.get(STARTED, []):
            done = docker("logs", "--timestamps", container.name)
            lines = [x for x in (done.stdout + done.stderr).splitlines() if '" 200 ' not in x]
            tail = "\n".join(lines[-LOG_LINES:])
            report.sections.append((f"log of {container.name}", tail))
    return report


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The Docker engine; without one the test is skipped."""
    try:
        answer = docker("info", "--format", "{{.OSType}}")
    except FileNotFoundError:
        pytest.skip("no Docker engine: there is no docker command")
    if answer.returncode or answer.stdout.strip() != "linux":
        reason = (answer.stderr or answer.stdout).strip().splitlines()
        pytest.skip(f"no Docker engine answers: {reason[-1] if reason else 'docker info failed'}")
    made = Engine()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """The image of this checkout."""
    return engine.build(ROOT, REVISION="abc123")[0]


@pytest.fixture(scope="session")
def lab(engine: Engine) -> str:
    """An image with the programs around our containers: a load balancer and network tools."""
    return engine.build(ROOT / "tests/support/lab")[0]


@pytest.fixture(scope="session")
def container_postgres(engine: Engine) -> Postgres:
    """A Postgres that requires a password and does not offer TLS."""
    return engine.start_postgres().wait_until_ready()


@pytest.fixture(scope="session")
def tls_postgres(engine: Engine) -> Postgres:
    """A Postgres that requires TLS; its certificate is not valid for its host name `alias`."""
    return engine.start_postgres(tls=True, aliases=["alias"]).wait_until_ready()


@pytest.fixture(scope="session")
def authority(tls_postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of the authority that signed that of `tls_postgres`."""
    path = tmp_path_factory.mktemp("tls") / "ca.crt"
    found = docker("exec", tls_postgres.host, "cat", "/tmp/tls/ca.crt")
    path.write_text(found.stdout, encoding="utf-8")
    path.chmod(0o644)
    return path


def check_log(container: Container) -> None:
    """Assert that the log contains neither a traceback nor a secret."""
    log = container.stdout + container.stderr
    assert "Traceback" not in log, log
    secrecy.assert_no_secret([PASSWORD, secrecy.SECRET_KEY], log)
