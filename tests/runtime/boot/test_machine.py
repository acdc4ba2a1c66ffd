"""The boot on a machine that lacks something, and with an app that does."""

import os
import socket
from pathlib import Path

import pytest

from tests.support.finished_command import Boot
from tests.support.front_door import APPS, root

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
    ended = boot(DEMIJOHN_RUN_DIR=str(tmp_path / where))
    assert ended.status == 73
    assert "--tmpfs /tmp" in ended.line()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_run_directory_without_permission_is_named(boot: Boot, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    assert boot(DEMIJOHN_RUN_DIR=str(tmp_path / "closed" / "run")).status == 73
    assert boot(DEMIJOHN_RUN_DIR=str(tmp_path / "closed")).status == 73


def test_a_run_directory_that_is_half_somebody_elses_is_named(boot: Boot, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "fragments").touch()
    ended = boot()
    assert ended.status == 73
    assert str(tmp_path / "run") in ended.line()


def test_a_run_directory_too_long_for_a_socket_is_named(boot: Boot, tmp_path: Path) -> None:
    ended = boot(DEMIJOHN_RUN_DIR=str(tmp_path / ("x" * 100)))
    assert ended.status == 78
    assert "too long" in ended.line()


def test_a_frontend_that_is_not_built_is_named(boot: Boot, tmp_path: Path) -> None:
    ended = boot(DEMIJOHN_STATIC_DIR=str(tmp_path / "dist"))
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


@pytest.mark.parametrize(
    "path", ["/assets", "/env.js", "/livez", "/readyz", "/healthz", "/healthz/database", "/up"]
)
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
        ("no_app", "module no_app has no app"),
        ("no_app:nothing", "module no_app has no nothing"),
        ("no_app:number", "number is no WSGI app"),
        ("no_app:factory(1)", "a factory is called without arguments"),
        ("no_app:missing()", "module no_app has no missing"),
        ("no_app.deeper:app", "there is no module no_app.deeper"),
        ("no_app:factory(", "without arguments"),
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
        ("fails_to_import:app", "LookupError: the app's own mistake"),
        (
            "missing_package:app",
            "ModuleNotFoundError: No module named 'not_installed'",
        ),
    ],
)
def test_an_app_that_cannot_be_imported_shows_why(boot: Boot, module: str, mistake: str) -> None:
    ended = boot(APP_MODULE=module)
    assert ended.status == 70
    assert "Traceback (most recent call last)" in ended.err
    assert str(APPS / f"{module.partition(':')[0]}.py") in ended.err
    last = ended.err.splitlines()[-1]
    assert last.startswith("demijohn: gunicorn ended") and mistake in last
