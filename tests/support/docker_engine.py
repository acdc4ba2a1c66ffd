"""The Docker engine, through its command line, as the container tests use it."""

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

from local.steps import ROOT

SMOKE = ROOT / "image" / "demijohn" / "commands" / "smoke.py"

# What a careful host gives a container, and what the image is promised to be content with.
HARDENED = (
    "--read-only",
    *("--tmpfs", "/tmp"),
    *("--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges"),
    *("--memory", "256m"),
)
PATIENCE_SECONDS = 120.0  # how long a test waits for what should take a moment
NO_TLS = ssl.create_default_context()  # all is http here; httpx makes one a request, in 30 ms
PASSWORD = "open/sesame@1001?nights"  # every character that a URL could stumble over

# TLS that a client can verify: an authority, and a certificate in the server's name. Clients
# without TLS are turned away.
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
    """Run one docker command to its end, whatever that is."""
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


def must(*words: str, environment: Mapping[str, str] | None = None) -> str:
    """What a docker command prints on stdout; it has to succeed."""
    done = docker(*words, environment=environment)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr.strip()[-3000:]}"
    return done.stdout.strip()


def wait_for(holds: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until `holds()`, which may fail to connect for as long as it does not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if holds():
                return
        time.sleep(0.05)
    raise AssertionError(f"no {what} within {seconds:.0f} s")


class Container:
    """A container; `port` is the one it listens on, which a free port of the host leads to."""

    def __init__(self, name: str, port: int = 8080) -> None:
        self.name = name
        self.port = port
        self._url = ""

    @property
    def url(self) -> str:
        if not self._url:
            address = must("port", self.name, f"{self.port}/tcp").splitlines()[0]
            self._url = f"http://{address}"
        return self._url

    def start_again(self) -> None:
        """Start what has ended; the engine then picks another free port."""
        must("start", self.name)
        self._url = ""

    @property
    def stdout(self) -> str:
        return docker("logs", self.name).stdout

    @property
    def stderr(self) -> str:
        return docker("logs", self.name).stderr

    def inspect(self, part: str) -> Any:
        """A part of what the engine knows of it, such as `.State`."""
        return json.loads(must("inspect", "--format", f"{{{{json {part}}}}}", self.name))

    def children(self, word: str) -> set[int]:
        """The children of PID 1 whose command line has `word`: pids as the container counts."""
        named = f"$(grep -lsz {word} /proc/[0-9]*/cmdline | sed s/cmdline/status/)"
        script = f"grep -ls '^PPid:.1$' {named}; true"  # some are gone before they are read
        return {int(path.split("/")[2]) for path in self.exec("sh", "-c", script).split()}

    def exec(self, *command: str) -> str:
        """What a command prints that is run in the container."""
        return must("exec", self.name, *command)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """The answer to a GET; names of `headers` with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(self.url + path, headers=named, timeout=10, verify=NO_TLS)

    def post(self, path: str, body: object) -> httpx.Response:
        return httpx.post(self.url + path, json=body, timeout=10, verify=NO_TLS)

    def put(self, path: str, body: object) -> httpx.Response:
        return httpx.put(self.url + path, json=body, timeout=10, verify=NO_TLS)

    def wait_until_ready(self) -> "Container":
        """Wait until it may get requests and its workers reach the database; fails with the log,
        and soon if the container ends instead.
        """
        told = "nothing"
        looked = 0.0

        def ready() -> bool:
            nonlocal told, looked
            try:
                answers = [self.get(path) for path in ("/readyz", "/healthz/database")]
                told = ", ".join(f"{answer.status_code} {answer.text}" for answer in answers)
                return all(answer.status_code == 200 for answer in answers)
            except httpx.TransportError as error:
                told = repr(error)
            if time.monotonic() - looked > 1:  # each look takes as much as a part of a boot
                looked = time.monotonic()
                state = self.inspect(".State")
                assert state["Running"], f"ended with {state['ExitCode']}"
            return False

        try:
            wait_for(ready, f"readiness of {self.name}")
        except AssertionError as error:
            known = f"last heard: {told}; state: {self.inspect('.State')}"
            printed = f"{self.stdout}\n{self.stderr}"
            raise AssertionError(f"{error}; {known}; printed:\n{printed}") from None
        return self

    def wait(self) -> int:
        """The exit status, once it ends."""
        return int(docker("wait", self.name, timeout=PATIENCE_SECONDS).stdout)

    def smoke(self, *options: str) -> dict[str, str]:
        """The status of each check of smoke.py, run from outside; none may have failed."""
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

    def complaints(self) -> list[str]:
        """What `demijohn` itself said on stderr."""
        said = "demijohn: "
        return [
            line.removeprefix(said) for line in self.stderr.splitlines() if line.startswith(said)
        ]


class Postgres:
    """A Postgres in a container; `host` is its name for other containers."""

    password = PASSWORD
    volume = ""  # the one that its Unix socket lies in, if others shall have it

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
        """As hosts hand it out; `rest` is what follows the database's name."""
        login = f"postgres:{quote(password, safe='')}"
        return f"postgres://{login}@{host or self.host}:5432/{database}{rest}"

    def query(self, database: str, sql: str) -> str:
        """What psql, next to the server, prints as the result: rows, columns with | between."""
        return must("exec", self.host, "psql", "-U", "postgres", "-d", database, "-qAtc", sql)


class Engine:
    """All that one test run has in the engine: named after the run, and gone with it."""

    def __init__(self) -> None:
        self.run = f"demijohn-test-{secrets.token_hex(3)}"
        self.label = f"demijohn.test={self.run}"
        self._names = 0
        self._images: list[str] = []
        must("network", "create", "--label", self.label, self.run)

    def close(self) -> None:
        """Remove everything."""
        containers = must("ps", "--all", "--quiet", "--filter", f"label={self.label}").split()
        if containers:
            docker("rm", "--force", "--volumes", *containers)
        for kind in ("network", "volume"):
            found = must(kind, "ls", "--quiet", "--filter", f"label={self.label}").split()
            if found:
                docker(kind, "rm", *found)
        if self._images:
            docker("rmi", "--force", *self._images)

    def name(self) -> str:
        """A name that nothing else in the engine has."""
        self._names += 1
        return f"{self.run}-{self._names}"

    def create_network(self, block: str, *options: str) -> str:
        """A network of 16 addresses somewhere in `block`; its name.

        A published port is reached from its gateway, so that requests of the tests come from there.
        With the option --internal it has none: a container that is connected to it later keeps its
        gateway, and with that its published port.
        """
        subnets = ipaddress.ip_network(block)
        for _ in range(10):  # another run may have taken the addresses
            offset = secrets.randbelow(subnets.num_addresses // 16) * 16
            name = self.name()
            words = ["--label", self.label, "--subnet", f"{subnets.network_address + offset}/28"]
            done = docker("network", "create", *words, *options, name)
            if done.returncode == 0:
                return name
        raise AssertionError(f"no network in {block}: {done.stderr.strip()}")

    def create_volume(self) -> str:
        """A volume; its name."""
        return must("volume", "create", "--label", self.label, self.name())

    def build(self, context: Path, file: str = "Dockerfile", **arguments: str) -> tuple[str, str]:
        """Build an image with its build arguments; its name, and the log of its steps."""
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
        """Start a container, which others also find under `alias`; does not wait for anything.

        It is in this run's own network, or instead in `network`.
        """
        container = Container(self.name(), port)
        words = [*self._options(container.name, network), "--publish", f"127.0.0.1::{port}"]
        words += options
        if alias:
            words += ["--network-alias", alias]
        for pair in (settings or {}).items():
            words += ["--env", "=".join(pair)]
        must("run", "--detach", *words, image, *command)
        return container

    def start_postgres(
        self, *, tls: bool = False, aliases: Sequence[str] = (), options: Sequence[str] = ()
    ) -> Postgres:
        """Start a Postgres that asks for a password, and with `tls` for TLS too."""
        name = self.name()
        words = [*self._options(name), "--env", f"POSTGRES_PASSWORD={PASSWORD}", *options]
        for alias in aliases:
            words += ["--network-alias", alias]
        if tls:
            words += ["--user", "postgres", "--entrypoint", "bash", "postgres:17"]
            must("run", "--detach", *words, "-c", TLS_SERVER, "bash", name)
        else:
            must("run", "--detach", *words, "postgres:17", "-c", "fsync=off")
        return Postgres(name)

    def _options(self, name: str, network: str = "") -> list[str]:
        return ["--name", name, "--label", self.label, "--network", network or self.run]
