"""The boot: what it says, what it waits for, and how it ends when something is wrong."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from local import tools
from local.postgres import Postgres, temporary
from tests import secrecy
from tests.stack.apps.kit import APPS, MIRROR, ask, build, lingering, root
from tests.stack_fixture import PATIENCE_SECONDS, ROOT, Stack

PASSWORD = "p4ssw0rd-that-nobody-may-read"


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    def lines(self) -> list[str]:
        """The lines on stderr, each of which must be ours."""
        assert "Traceback" not in self.out + self.err, self
        lines = self.err.splitlines()
        assert all(line.startswith("demijohn: ") for line in lines), self
        return [line.removeprefix("demijohn: ") for line in lines]

    def line(self) -> str:
        """The one line on stderr."""
        lines = self.lines()
        assert len(lines) == 1, self
        return lines[0]


Boot = Callable[..., Ended]


@pytest.fixture
def boot(
    database: str, tmp_path: Path, free_port: Callable[[], int]
) -> Iterator[Callable[..., Ended]]:
    """A function that runs `demijohn serve` where it is to end by itself; None unsets a setting."""
    static = tmp_path / "site"
    build(static)

    def run(command: str = "serve", /, cwd: Path = ROOT, **settings: str | None) -> Ended:
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(tmp_path),
            "DATABASE_URL": database,
            "STATIC_DIR": str(static),
            "RUN_DIR": str(tmp_path / "run"),
            "PORT": str(free_port()),
            "DATABASE_WAIT": "0",
            "NGINX_PROGRAM": str(tools.nginx()),
            "DOTENV": "",
            "SECRET_KEY": secrecy.SECRET_KEY,
            **MIRROR,
            **settings,
        }
        present = {name: value for name, value in environment.items() if value is not None}
        done = subprocess.run(
            [sys.executable, "-m", "demijohn", *command.split()],
            cwd=cwd,
            env=present,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        secrecy.assert_kept(secrecy.secrets_of(present), done.stdout + done.stderr)
        return Ended(done.returncode, done.stdout, done.stderr)

    yield run
    assert not [line for line in _commands() if str(tmp_path) in line], "something is left running"


def _commands() -> list[str]:
    return subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True).stdout.split("\n")


def with_password(url: str, password: str) -> str:
    return url.replace(f":{urlsplit(url).password}@", f":{quote(password, safe='')}@")


# Settings


def test_without_a_database_it_says_what_to_set(boot: Boot) -> None:
    ended = boot(DATABASE_URL=None)
    assert ended.status == 78
    assert ended.line() == (
        "DATABASE_URL is not set. "
        "Set it to your Postgres: postgres://user:password@host:5432/database."
    )
    assert ended.out == ""


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:///app.db", "SQLite file"),
        (f"mysql://root:{PASSWORD}@h/d", "another kind (mysql)"),
        (f"root:{PASSWORD}@h/d", "postgres://user:password@host"),
        (f"postgres:/root:{PASSWORD}@h/d", "postgres://user:password@host"),
        (f"postgres:root:{PASSWORD}@h/d", "postgres://user:password@host"),
        ("just words", "is no URL"),
        (f"postgres://root:{PASSWORD}@/d", "names no host"),
        (f"postgres://root:{PASSWORD}@h", "names no database"),
        (f"postgres://root:{PASSWORD}@h/", "names no database"),
        (f"postgres://root:{PASSWORD}@h:port/d", "no host that can be read"),
        (f"postgres://root:{PASSWORD}@h/d?sslmode=yes", "sslmode=yes"),
        (f'"postgres://root:{PASSWORD}@h/d"', "postgres://user:password@host"),
    ],
)
def test_a_database_that_cannot_be_read_is_one_line(boot: Boot, url: str, says: str) -> None:
    ended = boot(DATABASE_URL=url)
    assert ended.status == 78
    line = ended.line()
    assert line.startswith("DATABASE_URL ") and says in line
    assert PASSWORD not in ended.out + ended.err


def test_all_mistakes_are_named_at_once(boot: Boot) -> None:
    ended = boot(
        PORT="eighty",
        WEB_THREADS="0",
        API_PATHS="api",
        DATABASE_DRIVER="mysql",
        TRUSTED_PROXIES="everybody",
        DATABASE_URL=f"mysql://root:{PASSWORD}@h/d",
        PUBLIC_NAME="fine",
    )
    assert ended.status == 78
    assert {line.split("=")[0].split(" ")[0] for line in ended.lines()} == {
        "PORT",
        "WEB_THREADS",
        "API_PATHS",
        "DATABASE_DRIVER",
        "TRUSTED_PROXIES",
        "DATABASE_URL",
    }
    assert "PORT='eighty' must be a whole number from 1 to 65535." in ended.lines()
    assert PASSWORD not in ended.out + ended.err


def test_a_secret_may_come_from_a_file(boot: Boot, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"postgres://root:{PASSWORD}@127.0.0.1:1/d\n")
    ended = boot(DATABASE_URL=None, DATABASE_URL_FILE=str(file))
    assert ended.status == 69
    assert "127.0.0.1:1" in ended.line()


def test_a_secret_that_is_given_twice_is_a_mistake(boot: Boot, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"postgres://root:{PASSWORD}@127.0.0.1:1/d\n")
    ended = boot(DATABASE_URL_FILE=str(file))
    assert ended.status == 78
    assert ended.line() == "DATABASE_URL and DATABASE_URL_FILE are both set; unset one of them."


def test_a_secret_whose_file_is_missing_is_a_mistake(boot: Boot) -> None:
    ended = boot(SECRET_KEY=None, SECRET_KEY_FILE="/nowhere/key")
    assert ended.status == 78
    assert "SECRET_KEY_FILE='/nowhere/key'" in ended.line()


def test_a_laptops_file_is_read_and_real_variables_win(boot: Boot, tmp_path: Path) -> None:
    (root(tmp_path) / ".env").write_text(
        f"DATABASE_URL=postgres://root:{PASSWORD}@127.0.0.1:1/d\nWEB_THREADS=none\n"
    )
    ended = boot(cwd=tmp_path, DOTENV=None, DATABASE_URL=None)
    assert ended.status == 78
    assert ended.line() == "WEB_THREADS='none' must be a whole number from 1 to 64."
    ended = boot(cwd=tmp_path, DOTENV=None, DATABASE_URL=None, WEB_THREADS="2")
    assert ended.status == 69
    assert "nothing answers at 127.0.0.1:1." in ended.line()
    in_the_image = boot(cwd=tmp_path, DOTENV="", DATABASE_URL=None, WEB_THREADS="2")
    assert in_the_image.status == 78


# The database


def test_a_wrong_password_ends_the_boot_at_once(boot: Boot, database: str) -> None:
    ended = boot(DATABASE_URL=with_password(database, PASSWORD), DATABASE_WAIT="600")
    assert ended.status == 69
    assert 'password refused for user "postgres"' in ended.line()
    assert PASSWORD not in ended.out + ended.err


def test_a_user_that_does_not_exist_ends_the_boot_at_once(boot: Boot, database: str) -> None:
    url = database.replace("//postgres:", "//nobody-here:")
    ended = boot(DATABASE_URL=url, DATABASE_WAIT="600")
    assert ended.status == 69
    assert '"nobody-here"' in ended.line()


def test_a_database_that_does_not_exist_ends_the_boot_at_once(boot: Boot, database: str) -> None:
    ended = boot(DATABASE_URL=database.rpartition("/")[0] + "/nothing", DATABASE_WAIT="600")
    assert ended.status == 69
    assert re.search('no database "nothing" at 127.0.0.1:[0-9]+/nothing. Create it', ended.line())


def test_a_server_without_tls_ends_the_boot_at_once_where_tls_is_required(
    boot: Boot, database: str
) -> None:
    ended = boot(DATABASE_URL=database + "?sslmode=require", DATABASE_WAIT="600")
    assert ended.status == 69
    assert re.search("TLS is required, but .* offers none. Use sslmode=prefer", ended.line())


@pytest.mark.parametrize("wait", ["0", "1"])
def test_a_port_where_nothing_answers_is_waited_for_and_then_named(
    boot: Boot, free_port: Callable[[], int], wait: str
) -> None:
    port = free_port()
    ended = boot(DATABASE_URL=f"postgres://u:{PASSWORD}@127.0.0.1:{port}/d", DATABASE_WAIT=wait)
    assert ended.status == 69
    assert f"nothing answers at 127.0.0.1:{port}" in ended.line()
    assert ("Trying for 1 s more" in ended.out) == (wait == "1")
    assert PASSWORD not in ended.out + ended.err


def test_a_host_that_does_not_exist_is_named(boot: Boot) -> None:
    url = f"postgres://u:{PASSWORD}@no-such-host.invalid/d"
    ended = boot(DATABASE_URL=url, DATABASE_WAIT="1")
    assert ended.status == 69
    assert "no-such-host.invalid" in ended.line()
    assert PASSWORD not in ended.out + ended.err


def test_a_server_that_speaks_another_protocol_is_named(boot: Boot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]  # takes connections, and never says a word
        url = f"postgres://u:{PASSWORD}@127.0.0.1:{port}/d"
        ended = boot(DATABASE_URL=url, DATABASE_CONNECT_TIMEOUT="2")
    assert ended.status == 69
    assert f"127.0.0.1:{port} does not answer" in ended.line()


def test_a_parameter_that_libpq_refuses_is_named(boot: Boot, database: str) -> None:
    ended = boot(DATABASE_URL=database + "?channel_binding=often", DATABASE_WAIT="600")
    assert ended.status == 69
    assert "channel_binding" in ended.line()


def test_what_libpq_does_not_know_is_ignored_and_said_so(boot: Boot, database: str) -> None:
    ended = boot(DATABASE_URL=database + "?pgbouncer=true&schema=public", APP_MODULE="nothing")
    assert "ignoring what libpq does not know in DATABASE_URL: pgbouncer, schema" in ended.out


def test_a_database_that_comes_up_late_is_waited_for(
    launch: Callable[..., Stack], free_port: Callable[[], int]
) -> None:
    with temporary() as late:
        late.stop()
        running = launch(**MIRROR, DATABASE_URL=late.url()).start()
        running.wait_for(lambda: "Trying for" in running.log, "word on the wait")
        late.start()
        running.wait_until_ready()
    told = [line for line in running.log.splitlines() if "Trying for" in line]
    assert len(told) < 5  # once for each different reason, not once for each try


@pytest.mark.parametrize("password", ["a@b/c?d#e", "100%", "50%25%", "p:q&r=s t", "ünï"])
def test_a_password_of_any_letters_reaches_the_app(
    launch: Callable[..., Stack], postgres: Postgres, database: str, password: str
) -> None:
    user = f"u{os.getpid()}"
    postgres.execute(f"DROP ROLE IF EXISTS {user}")
    postgres.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'")
    url = with_password(database, password).replace("//postgres:", f"//{user}:")
    running = launch(**MIRROR, DATABASE_URL=url).start().wait_until_ready()  # readiness asks it
    assert quote(password, safe="") not in running.log and password not in running.log


def test_the_database_may_be_named_in_parts(launch: Callable[..., Stack], database: str) -> None:
    parts = urlsplit(database)
    assert parts.hostname and parts.port and parts.username and parts.password
    launch(
        **MIRROR,
        DATABASE_URL="",
        PGHOST=parts.hostname,
        PGPORT=str(parts.port),
        PGUSER=parts.username,
        PGPASSWORD=parts.password,
        PGDATABASE=parts.path[1:],
    ).start().wait_until_ready()


def test_what_the_boot_connects_with_is_what_the_app_connects_with(
    launch: Callable[..., Stack], boot: Boot, database: str
) -> None:
    """A URL without a password, and PGPASSWORD beside it: either both can connect, or neither."""
    password = urlsplit(database).password
    url = database.replace(f":{password}@", "@")
    running = launch(**MIRROR, DATABASE_URL=url, PGPASSWORD=str(password), DATABASE_WAIT="0")
    running.start()
    try:
        running.wait_for(lambda: running.get("/healthz")[0] == 200, "boot")
    except AssertionError as ended:
        assert "ended with 69" in str(ended)
        return
    assert running.get("/readyz")[0] == 200


# The machine


def test_a_port_in_use_is_named_before_anything_starts(boot: Boot) -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        ended = boot(PORT=str(port))
    assert ended.status == 78
    assert ended.line().startswith(f"port {port} cannot be had: Address already in use")


def test_a_port_in_use_on_ipv6_alone_is_named_too(boot: Boot) -> None:
    try:
        taken = socket.create_server(("::", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with taken:
        port = taken.getsockname()[1]
        ended = boot(PORT=str(port))
    assert ended.status == 78
    assert ended.line().startswith(f"port {port} cannot be had")


@pytest.mark.parametrize("where", ["/proc/demijohn", "file/run", "file", "link"])
def test_a_run_directory_that_cannot_be_written_is_named(
    boot: Boot, tmp_path: Path, where: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")  # somebody may have put it there
    ended = boot(RUN_DIR=str(tmp_path / where))
    assert ended.status == 73
    assert "--tmpfs /tmp" in ended.line()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_run_directory_without_permission_is_named(boot: Boot, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    assert boot(RUN_DIR=str(tmp_path / "closed" / "run")).status == 73
    assert boot(RUN_DIR=str(tmp_path / "closed")).status == 73


def test_a_run_directory_that_is_half_somebody_elses_is_named(boot: Boot, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "fragments").touch()
    ended = boot()
    assert ended.status == 73
    assert str(tmp_path / "run") in ended.line()


def test_a_run_directory_too_long_for_a_socket_is_named(boot: Boot, tmp_path: Path) -> None:
    ended = boot(RUN_DIR=str(tmp_path / ("x" * 100)))
    assert ended.status == 78
    assert "too long" in ended.line()


def test_a_frontend_that_is_not_built_is_named(boot: Boot, tmp_path: Path) -> None:
    ended = boot(STATIC_DIR=str(tmp_path / "dist"))
    assert ended.status == 78
    assert ended.line().startswith(f"no index.html in {tmp_path / 'dist'}. Build the frontend")


@pytest.mark.parametrize("program", ["no-such-nginx", "/nowhere/nginx"])
def test_an_nginx_that_is_not_there_is_named(boot: Boot, program: str) -> None:
    ended = boot(NGINX_PROGRAM=program)
    assert ended.status == 78
    assert ended.line().startswith(f"no nginx at {program!r}")


def test_a_program_that_is_no_nginx_is_named(boot: Boot) -> None:
    ended = boot(NGINX_PROGRAM="true")
    assert ended.status == 78
    assert "is no nginx. Correct NGINX_PROGRAM" in ended.line()


@pytest.mark.parametrize("missing", ["nginx.conf", "supervisord.conf"])
def test_a_folder_that_is_no_root_is_named(boot: Boot, tmp_path: Path, missing: str) -> None:
    (root(tmp_path) / missing).unlink()
    ended = boot(cwd=tmp_path)
    assert ended.status == 78
    assert missing in ended.line()


@pytest.mark.parametrize("path", ["/assets", "/healthz", "/readyz", "/env.js"])
def test_an_api_where_something_else_lies_is_named(boot: Boot, path: str) -> None:
    ended = boot(API_PATHS=f"/api,{path}")
    assert ended.status == 78
    assert "API_PATHS" in ended.line() and path in ended.line()


def test_a_program_that_is_badly_described_is_named(boot: Boot, tmp_path: Path) -> None:
    folder = root(tmp_path, worker="")  # no command
    ended = boot(cwd=folder)
    assert ended.status == 78
    assert "worker" in ended.line()


# The app


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("nothing_of_that_name:app", f"there is no module nothing_of_that_name in {APPS}"),
        ("mirror:missing", "module mirror has no missing"),
        ("faulty", "module faulty has no app"),
        ("faulty:nothing", "module faulty has no nothing"),
        ("faulty:number", "number is no WSGI app"),
        ("faulty:factory(1)", "a factory is called without arguments"),
        ("faulty:missing()", "module faulty has no missing"),
        ("faulty.deeper:app", "there is no module faulty.deeper"),
        ("faulty:factory(", "without arguments"),
        (":app", "APP_MODULE"),
        ("./mirror.py:app", "APP_MODULE"),
    ],
)
def test_an_app_that_is_not_there_is_named(boot: Boot, module: str, says: str) -> None:
    ended = boot(APP_MODULE=module)
    assert ended.status == 78
    assert "Traceback" not in ended.err
    last = ended.err.splitlines()[-1]  # before it, Gunicorn may have said the same
    assert last.startswith(f"demijohn: APP_MODULE={module!r}") and says in last


@pytest.mark.parametrize(
    ("module", "mistake"),
    [
        ("broken:app", "LookupError: the app's own mistake"),
        ("unmet:app", "ModuleNotFoundError: No module named 'a_package_that_is_not_there'"),
    ],
)
def test_an_app_that_cannot_be_imported_shows_why(boot: Boot, module: str, mistake: str) -> None:
    ended = boot(APP_MODULE=module)
    assert ended.status == 70
    assert "Traceback (most recent call last)" in ended.err
    assert str(APPS / f"{module.partition(':')[0]}.py") in ended.err
    last = ended.err.splitlines()[-1]
    assert last.startswith("demijohn: gunicorn ended") and mistake in last


# What it says on the way


def test_each_phase_is_a_line_with_its_time(stack: Stack) -> None:
    phases = re.findall(r"^(\w+) +([0-9]+) ms  (.+)$", stack.log, re.MULTILINE)
    assert [name for name, _, _ in phases] == [
        "settings",
        "capacity",
        "nginx",
        "database",
        "release",
    ]
    said = {name: text for name, _, text in phases}
    assert re.search(r"workers, 4 threads each", said["capacity"])
    assert f"port {stack.port}" in said["nginx"]
    assert re.search(r"PostgreSQL \d+.* with (psycopg2|pg8000)", said["database"])
    assert re.search(r"^gunicorn +ready: \d+ workers", stack.log, re.MULTILINE)


def test_no_password_is_in_the_log(stack: Stack, postgres: Postgres) -> None:
    assert postgres.password not in stack.log


def test_more_connections_than_the_server_has_are_warned_of(
    launch: Callable[..., Stack],
) -> None:
    running = launch(**MIRROR, DATABASE_POOL_SIZE="60", WEB_CONCURRENCY="2").start()
    running.wait_until_ready()
    assert re.search("warning: .* 120 connections, the server has [0-9]+", running.log)


# The command


def test_a_word_that_is_no_command_is_a_program(boot: Boot) -> None:
    ended = boot("echo hello")
    assert (ended.status, ended.out, ended.err) == (0, "hello\n", "")
    assert boot("sh -c false").status == 1


def test_a_word_that_is_neither_is_a_mistake(boot: Boot) -> None:
    ended = boot("no-such-program")
    assert ended.status == 64
    assert "'no-such-program' is neither a command of demijohn nor a program" in ended.line()


@pytest.mark.parametrize("command", ["serve", "release", "healthcheck"])
def test_a_command_takes_no_arguments(boot: Boot, command: str) -> None:
    ended = boot(f"{command} --now")
    assert ended.status == 64
    assert f"{command} takes no arguments" in ended.line()


def test_help_names_every_command(boot: Boot) -> None:
    ended = boot("--help")
    assert (ended.status, ended.err) == (0, "")
    for command in ("serve", "release", "doctor", "smoke", "healthcheck"):
        assert f"demijohn {command}" in ended.out


def test_the_healthcheck_says_whether_it_answers(boot: Boot, stack: Stack) -> None:
    assert boot("healthcheck", PORT=str(stack.port)) == Ended(0, "", "")
    ended = boot("healthcheck")
    assert ended.status == 1
    assert "/healthz does not answer" in ended.line()
    assert boot("healthcheck", PORT="eighty").status != 0
    boot("healthcheck", PORT="eighty").line()


def test_what_the_boot_learns_the_app_learns(launch: Callable[..., Stack]) -> None:
    """The environment of the app, as the contract has it."""
    running = launch(
        **MIRROR,
        FLY_APP_NAME="tally",
        FLY_REGION="ams",
        FLY_MACHINE_ID="148e",
        FLY_IMAGE_REF="registry/tally:1",
        SECRET_KEY="s3cr3t-k3y",
        DATABASE_DRIVER="pg8000",
        PUBLIC_X="x",
    ).start()
    running.wait_until_ready()
    assert ask(running).status == 200
    block = Path(f"/proc/{running.child('gunicorn')}/environ").read_bytes().decode()
    known = dict(pair.split("=", 1) for pair in block.split("\0") if pair)
    for name, value in {
        "REGION": "ams",
        "INSTANCE": "148e",
        "RELEASE": "registry/tally:1",
        "SECRET_KEY": "s3cr3t-k3y",
        "DATABASE_DRIVER": "pg8000",
        "DATABASE_POOL_SIZE": "4",
        "DATABASE_STATEMENT_TIMEOUT": "3",
        "DATABASE_CONNECT_TIMEOUT": "3",
        "LOG_LEVEL": "info",
        "PUBLIC_X": "x",
    }.items():
        assert known[name] == value
    assert known["DATABASE_URL"].startswith("postgresql://")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", known["STARTED_AT"])
    assert not [name for name in known if name.startswith("PG")]
    assert "s3cr3t-k3y" not in running.log


def test_it_ends_by_signal_with_0(launch: Callable[..., Stack]) -> None:
    running = launch(**MIRROR).start().wait_until_ready()
    running.signal(signal.SIGTERM)
    assert running.wait() == 0
    assert not lingering(running)
