"""The boot on a machine that lacks something, and with a broken app."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.finished_command import RunDemijohn
from tests.support.front_door import APPS, MIRROR, make_root
from tests.support.stack import Stack

# The machine


def test_boot_with_a_port_in_use_fails_before_anything_starts(run_demijohn: RunDemijohn) -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_demijohn(PORT=str(port))
    assert result.status == 78
    assert result.message().startswith(f"cannot listen on port {port}: Address already in use")


def test_boot_with_a_port_in_use_on_ipv6_only_fails(run_demijohn: RunDemijohn) -> None:
    try:
        taken = socket.create_server(("::", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with taken:
        port = taken.getsockname()[1]
        result = run_demijohn(PORT=str(port))
    assert result.status == 78
    assert result.message().startswith(f"cannot listen on port {port}")


@pytest.mark.parametrize("where", ["/proc/demijohn", "file/run", "file", "link"])
def test_boot_with_an_unwritable_run_directory_names_the_remedy(
    run_demijohn: RunDemijohn, tmp_path: Path, where: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")  # another user may have created it
    result = run_demijohn(DEMIJOHN_RUN_DIR=str(tmp_path / where))
    assert result.status == 73
    assert "--tmpfs /tmp" in result.message()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_boot_without_permission_for_the_run_directory_fails(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    assert run_demijohn(DEMIJOHN_RUN_DIR=str(tmp_path / "closed" / "run")).status == 73
    assert run_demijohn(DEMIJOHN_RUN_DIR=str(tmp_path / "closed")).status == 73


def test_boot_with_a_foreign_file_in_the_run_directory_names_it(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "fragments").touch()
    result = run_demijohn()
    assert result.status == 73
    assert str(tmp_path / "run") in result.message()


def test_boot_with_a_run_directory_too_long_for_a_socket_fails(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    result = run_demijohn(DEMIJOHN_RUN_DIR=str(tmp_path / ("x" * 100)))
    assert result.status == 78
    assert "too long" in result.message()


def test_boot_without_a_built_frontend_names_its_folder(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    result = run_demijohn(DEMIJOHN_STATIC_DIR=str(tmp_path / "dist"))
    assert result.status == 78
    assert result.message().startswith(f"no index.html in {tmp_path / 'dist'}. Build the frontend")


@pytest.mark.parametrize("program", ["no-such-nginx", "/nowhere/nginx"])
def test_boot_with_a_missing_nginx_names_its_path(run_demijohn: RunDemijohn, program: str) -> None:
    result = run_demijohn(NGINX_PROGRAM=program)
    assert result.status == 78
    assert result.message().startswith(f"no nginx at {program!r}")


def test_boot_with_another_program_as_nginx_fails(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn(NGINX_PROGRAM="true")
    assert result.status == 78
    assert "is not nginx. Correct NGINX_PROGRAM" in result.message()


@pytest.mark.parametrize("missing", ["nginx.conf", "supervisord.conf"])
def test_boot_in_a_folder_without_its_config_names_the_missing_file(
    run_demijohn: RunDemijohn, tmp_path: Path, missing: str
) -> None:
    (make_root(tmp_path) / missing).unlink()
    result = run_demijohn(cwd=tmp_path)
    assert result.status == 78
    assert missing in result.message()


@pytest.mark.parametrize(
    "path", ["/assets", "/env.js", "/livez", "/readyz", "/healthz", "/healthz/database", "/up"]
)
def test_boot_with_an_api_path_in_use_names_the_path(run_demijohn: RunDemijohn, path: str) -> None:
    result = run_demijohn(API_PATHS=f"/api,{path}")
    assert result.status == 78
    assert "API_PATHS" in result.message() and path in result.message()


def test_boot_with_an_invalid_program_section_names_it(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    folder = make_root(tmp_path, worker="")  # no command
    result = run_demijohn(cwd=folder)
    assert result.status == 78
    assert "worker" in result.message()


# The app


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("nothing_of_that_name:app", f"the module nothing_of_that_name does not exist in {APPS}"),
        ("mirror:missing", "module mirror has no missing"),
        ("no_app", "module no_app has no app"),
        ("no_app:nothing", "module no_app has no nothing"),
        ("no_app:number", "number is not a WSGI app"),
        ("no_app:factory(1)", "factory(1) is not a WSGI app"),
        ("no_app:factory()", "factory cannot be called so: missing a required argument"),
        ("no_app:missing()", "module no_app has no missing"),
        ("no_app.deeper:app", "the module no_app.deeper does not exist"),
        ("no_app:factory(", "with literals as arguments"),
        (":app", "APP_MODULE"),
        ("./mirror.py:app", "APP_MODULE"),
    ],
)
def test_boot_with_an_invalid_app_module_says_why(
    run_demijohn: RunDemijohn, module: str, expected: str
) -> None:
    result = run_demijohn(APP_MODULE=module)
    assert result.status == 78
    assert "Traceback" not in result.err
    last = result.err.splitlines()[-1]  # before it, Gunicorn may have logged the same
    assert last.startswith(f"demijohn: APP_MODULE={module!r}") and expected in last


@pytest.mark.parametrize("preload", ["true", "false"])
@pytest.mark.parametrize(
    ("module", "status", "mistake"),
    [
        ("fails_to_import:app", 70, "LookupError: the app's own mistake, at fails_to_import.py:3."),
        ("exits:app", 70, "SystemExit: set API_KEY, at exits.py:6."),
        ("missing_package:app", 78, "ModuleNotFoundError: No module named 'not_installed', at"),
        ("reads_attribute:app", 78, "'NoneType' object has no attribute 'upper', at"),
        ("reads_variable:app", 78, "the environment variable NOT_SET is not set, at"),
    ],
)
def test_boot_with_an_app_that_fails_to_import_ends_with_its_error(
    run_demijohn: RunDemijohn, module: str, status: int, mistake: str, preload: str
) -> None:
    result = run_demijohn(APP_MODULE=module, PRELOAD=preload)
    assert result.status == status
    assert "Traceback (most recent call last)" in result.err
    assert str(APPS / f"{module.partition(':')[0]}.py") in result.err
    last = result.err.splitlines()[-1]
    assert f"APP_MODULE='{module}' cannot be imported: " in last and mistake in last


@pytest.mark.parametrize("preload", ["true", "false"])
def test_development_server_at_import_ends_the_boot(
    run_demijohn: RunDemijohn, preload: str
) -> None:
    result = run_demijohn(APP_MODULE="runs_itself:app", PRELOAD=preload)
    assert result.status == 78
    assert result.err.splitlines()[-1] == (
        "demijohn: APP_MODULE='runs_itself:app' starts a development server while it is imported, "
        'at runs_itself.py:6: app.run(port=0). Call run() only `if __name__ == "__main__":`'
    )


def test_import_that_does_not_return_is_logged_with_its_line(
    launch: Callable[..., Stack], tmp_path: Path
) -> None:
    (tmp_path / "waits.py").write_text("import threading\nthreading.Event().wait()\n")
    running = launch(**MIRROR | {"APP_DIR": str(tmp_path), "APP_MODULE": "waits:app"}).start()
    expected = "'waits:app' is still being imported, at waits.py:2: threading.Event().wait()"
    running.wait_for(lambda: expected in running.log, "line about the import")


@pytest.mark.parametrize("preload", ["true", "false"])
def test_app_with_unreachable_routes_and_a_gunicorn_file_is_warned_once(
    launch: Callable[..., Stack], tmp_path: Path, preload: str
) -> None:
    code = 'from flask import Flask\napp = Flask(__name__)\napp.get("/login")(lambda: "in")\n'
    (tmp_path / "pages.py").write_text(code)
    (tmp_path / "gunicorn.conf.py").write_text("workers = 9\n")
    settings = {"APP_DIR": str(tmp_path), "APP_MODULE": "pages:app", "PRELOAD": preload}
    running = launch(**MIRROR | settings, WEB_CONCURRENCY="3").start().wait_until_ready()
    assert running.log.count("warning: /login not in API_PATHS=/api: the frontend answers") == 1
    assert running.log.count("gunicorn.conf.py is not read; instead of workers, set WEB_C") == 1
