"""The Docker engine for the container tests, through its command line."""

import contextlib
import ipaddress
import json
import os
import secrets
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from local.steps import ROOT

SMOKE = ROOT / "image" / "demijohn" / "commands" / "smoke.py"

# A hardened container; the image is documented to run in it.
HARDENED = (
    "--read-only",
    *("--tmpfs", "/tmp"),
    *("--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges"),
    *("--memory", "256m"),
)
TIMEOUT_SECONDS = 120.0  # how long a test waits for something that should take a moment
# All URLs are http; without it, httpx creates a context per request, in 30 ms.
NO_TLS = ssl.create_default_context()
PASSWORD = "open/sesame@1001?nights"  # all characters that need escaping in a URL

# TLS that a client can verify: an authority, and a certificate for the server's name. Clients
# without TLS are refused.
TLS_SERVER = """
set -e
mkdir /tmp/tls && cd /tmp/tls
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
openssl req -x509 $key -days 2 -subj /CN=authority -keyout ca.key -out ca.crt
openssl req $key -subj "/CN=$1" -keyout server.key -out server.csr
echo "subjectAltName=DNS:$1" >names
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -days 2 -extfile names -out server.crt
chmod 600 server.key
printf 'local all all trust\\nhostssl all all all scram-sha-256\\n' >pg_hba.conf
exec docker-entrypoint.sh postgres -c fsync=off -c hba_file=/tmp/tls/pg_hba.conf \
  -c ssl=on -c ssl_cert_file=/tmp/tls/server.crt -c ssl_key_file=/tmp/tls/server.key
"""


def docker(
    *words: str, environment: Mapping[str, str] | None = None, timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a docker command; its exit status is not checked."""
    return subprocess.run(
        ["docker", *words],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
    )


def run_docker(*words: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a docker command that must succeed; return its stdout."""
    done = docker(*words, environment=environment)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr.strip()[-3000:]}"
    return done.stdout.strip()


def wait_for(holds: Callable[[], bool], what: str, seconds: float = TIMEOUT_SECONDS) -> None:
    """Wait until `holds()` is true; connection errors in it count as false."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if holds():
                return
        time.sleep(0.05)
    raise AssertionError(f"no {what} within {seconds:.0f} s")


class Container:
    """A container; its `port` is published on a free port of the host."""

    def __init__(self, name: str, port: int = 8080) -> None:
        self.name = name
        self.port = port
        self._url = ""

    @property
    def url(self) -> str:
        if not self._url:
            address = run_docker("port", self.name, f"{self.port}/tcp").splitlines()[0]
            self._url = f"http://{address}"
        return self._url

    def restart(self) -> None:
        """Start it after it has ended; the engine then picks another free port."""
        run_docker("start", self.name)
        self._url = ""

    @property
    def log(self) -> str:
        """Everything that it has printed, stdout and stderr together, in order."""
        command = ["docker", "logs", self.name]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout.decode(errors="replace")

    @property
    def stdout(self) -> str:
        return docker("logs", self.name).stdout

    @property
    def stderr(self) -> str:
        return docker("logs", self.name).stderr

    def inspect(self, part: str) -> Any:
        """A part of `docker inspect`, such as `.State`."""
        return json.loads(run_docker("inspect", "--format", f"{{{{json {part}}}}}", self.name))

    def children(self, word: str) -> set[int]:
        """The children of PID 1 whose command line contains `word`: pids inside the container."""
        named = f"$(grep -lsz {word} /proc/[0-9]*/cmdline | sed s/cmdline/status/)"
        script = f"grep -ls '^PPid:.1$' {named}; true"  # some are gone before they are read
        return {int(path.split("/")[2]) for path in self.exec("sh", "-c", script).split()}

    def exec(self, *command: str) -> str:
        """Run a command in the container; return its stdout."""
        return run_docker("exec", self.name, *command)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """The answer to a GET; names of `headers` with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(self.url + path, headers=named, timeout=10, verify=NO_TLS)

    def post(self, path: str, body: object) -> httpx.Response:
        return httpx.post(self.url + path, json=body, timeout=10, verify=NO_TLS)

    def put(self, path: str, body: object) -> httpx.Response:
        return httpx.put(self.url + path, json=body, timeout=10, verify=NO_TLS)

    def wait_until_ready(self) -> "Container":
        """Wait until it is ready for requests and its workers reach the database.

        Fails with the log, and early if the container has ended.
        """
        last_response = "none"
        checked_at = 0.0

        def ready() -> bool:
            nonlocal last_response, checked_at
            try:
                responses = [self.get(path) for path in ("/readyz", "/healthz/database")]
                last_response = ", ".join(f"{r.status_code} {r.text}" for r in responses)
                return all(response.status_code == 200 for response in responses)
            except httpx.TransportError as error:
                last_response = repr(error)
            # `docker inspect` takes noticeable processor time.
            if time.monotonic() - checked_at > 1:
                checked_at = time.monotonic()
                state = self.inspect(".State")
                assert state["Running"], f"ended with {state['ExitCode']}"
            return False

        try:
            wait_for(ready, f"readiness of {self.name}")
        except AssertionError as error:
            details = f"last response: {last_response}; state: {self.inspect('.State')}"
            printed = self.log
            raise AssertionError(f"{error}; {details}; printed:\n{printed}") from None
        return self

    def wait(self) -> int:
        """Wait until it ends; return the exit status."""
        return int(docker("wait", self.name, timeout=TIMEOUT_SECONDS).stdout)

    def smoke(self, *options: str) -> dict[str, str]:
        """Run smoke.py from outside; return the status of each check, none of which may fail."""
        command = [
            sys.executable,
            "-I",
            str(SMOKE),
            self.url,
            "--json",
        ]
        done = subprocess.run([*command, *options], capture_output=True, text=True)
        checks = json.loads(done.stdout)["checks"]
        assert done.returncode == 0, [check for check in checks if check["status"] == "fail"]
        return {check["check"]: check["status"] for check in checks}

    def error_messages(self) -> list[str]:
        """The messages of `demijohn` on stderr, without their prefix."""
        prefix = "demijohn: "
        lines = self.stderr.splitlines()
        return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]


class Postgres:
    """A Postgres in a container; `host` is its name for other containers."""

    password = PASSWORD
    volume = ""  # with its Unix socket, if other containers connect through that

    def __init__(self, name: str) -> None:
        self.host = name
        self._databases = 0

    def wait_until_ready(self) -> "Postgres":
        probe = ("exec", self.host, "pg_isready", "--quiet", "--host", "127.0.0.1")
        wait_for(lambda: docker(*probe).returncode == 0, f"readiness of {self.host}")
        return self

    def create_database(self) -> str:
        """The name of a new, empty database."""
        self._databases += 1
        name = f"test_{self._databases}"
        self.query("postgres", f"CREATE DATABASE {name}")
        return name

    def url(
        self, database: str, rest: str = "", *, password: str = PASSWORD, host: str = ""
    ) -> str:
        """A URL as hosts give it; `rest` follows the database's name."""
        login = f"postgres:{quote(password, safe='')}"
        return f"postgres://{login}@{host or self.host}:5432/{database}{rest}"

    def query(self, database: str, sql: str) -> str:
        """Run psql in the server's container; return the rows, with columns separated by |."""
        return run_docker("exec", self.host, "psql", "-U", "postgres", "-d", database, "-qAtc", sql)


class Engine:
    """Everything that a test run creates in the engine: named after the run, removed at its end."""

    def __init__(self) -> None:
        self.run = f"demijohn-test-{secrets.token_hex(3)}"
        self.label = f"demijohn.test={self.run}"
        self._names = 0
        self._images: list[str] = []
        run_docker("network", "create", "--label", self.label, self.run)

    def close(self) -> None:
        """Remove everything."""
        containers = run_docker("ps", "--all", "--quiet", "--filter", f"label={self.label}").split()
        if containers:
            docker("rm", "--force", "--volumes", *containers)
        for kind in ("network", "volume"):
            found = run_docker(kind, "ls", "--quiet", "--filter", f"label={self.label}").split()
            if found:
                docker(kind, "rm", *found)
        if self._images:
            docker("rmi", "--force", *self._images)

    def name(self) -> str:
        """A name that is unique in the engine."""
        self._names += 1
        return f"{self.run}-{self._names}"

    def require(self, *images: str) -> None:
        """Skip the test if one of the base images is not there and cannot be pulled."""
        for image in images:
            if docker("image", "inspect", image).returncode and docker("pull", image).returncode:
                pytest.skip(f"the base image {image} cannot be pulled")

    def create_network(self, block: str, *options: str) -> str:
        """Create a network of 16 addresses somewhere in `block`; return its name.

        Requests to a published port come from the network's gateway. With the option --internal it
        has no gateway: a container that is connected to it later keeps the gateway that it has, and
        so its published port.
        """
        subnets = ipaddress.ip_network(block)
        for _ in range(10):  # another run may have taken the addresses
            offset = secrets.randbelow(subnets.num_addresses // 16) * 16
            name = self.name()
            words = ["--label", self.label, "--subnet", f"{subnets.network_address + offset}/28"]
            result = docker("network", "create", *words, *options, name)
            if result.returncode == 0:
                return name
        raise AssertionError(f"no network in {block}: {result.stderr.strip()}")

    def create_volume(self) -> str:
        """Create a volume; return its name."""
        return run_docker("volume", "create", "--label", self.label, self.name())

    def build(self, context: Path, file: str = "Dockerfile", **arguments: str) -> tuple[str, str]:
        """Build an image with build arguments; return its name and the log of the build."""
        image = self.name()
        self._images.append(image)
        words = [word for pair in arguments.items() for word in ("--build-arg", "=".join(pair))]
        words += ["--file", str(context / file), str(context)]
        done = docker("build", "--progress=plain", "--tag", image, *words)
        assert done.returncode == 0, done.stderr[-3000:]
        return image, done.stderr

    def start(
        self,
        image: str,
        *command: str,
        port: int = 8080,
        options: Sequence[str] = HARDENED,
        settings: Mapping[str, str] | None = None,
        alias: str = "",
        network: str = "",
    ) -> Container:
        """Start a container, with `alias` as a second host name; do not wait for it.

        It is in the network of this run, or in `network` instead.
        """
        container = Container(self.name(), port)
        words = [*self._options(container.name, network), "--publish", f"127.0.0.1::{port}"]
        words += options
        if alias:
            words += ["--network-alias", alias]
        for pair in (settings or {}).items():
            words += ["--env", "=".join(pair)]
        run_docker("run", "--detach", *words, image, *command)
        return container

    def start_postgres(
        self, *, tls: bool = False, aliases: Sequence[str] = (), options: Sequence[str] = ()
    ) -> Postgres:
        """Start a Postgres that requires a password, and with `tls` also TLS."""
        name = self.name()
        words = [*self._options(name), "--env", f"POSTGRES_PASSWORD={PASSWORD}", *options]
        for alias in aliases:
            words += ["--network-alias", alias]
        if tls:
            words += ["--user", "postgres", "--entrypoint", "bash", "postgres:17"]
            run_docker("run", "--detach", *words, "-c", TLS_SERVER, "bash", name)
        else:
            run_docker("run", "--detach", *words, "postgres:17", "-c", "fsync=off")
        return Postgres(name)

    def _options(self, name: str, network: str = "") -> list[str]:
        return ["--name", name, "--label", self.label, "--network", network or self.run]
