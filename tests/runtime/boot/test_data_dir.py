"""DEMIJOHN_DATA_DIR: the folder that the app may write."""

from collections.abc import Callable
from pathlib import Path

from tests.runtime.boot.test_boot import read_environment
from tests.support.finished_command import RunDemijohn
from tests.support.front_door import MIRROR
from tests.support.stack import Stack


def test_data_dir_is_created_and_passed_to_the_app(
    launch: Callable[..., Stack], tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "data"
    running = launch(**MIRROR, DEMIJOHN_DATA_DIR=str(folder)).start().wait_until_ready()
    assert folder.is_dir() and not list(folder.iterdir())
    assert read_environment(running.child("gunicorn"))["DATA_DIR"] == str(folder)
    assert f"{folder} can be written" in running.log


def test_data_dir_of_the_app_is_left_to_it(launch: Callable[..., Stack], tmp_path: Path) -> None:
    """An app may call a folder so that it only reads."""
    given = {"DATA_DIR": "/proc/its-own", "DEMIJOHN_DATA_DIR": str(tmp_path)}
    running = launch(**MIRROR, **given).start().wait_until_ready()
    assert read_environment(running.child("gunicorn"))["DATA_DIR"] == "/proc/its-own"


def test_data_dir_that_is_a_file_ends_the_boot(run_demijohn: RunDemijohn, tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    for command in ("serve", "release"):
        result = run_demijohn(command, DEMIJOHN_DATA_DIR=str(tmp_path / "data"))
        assert result.status == 73
        assert result.message().startswith(
            f"DEMIJOHN_DATA_DIR='{tmp_path}/data' cannot be written: it is not a folder."
        )


def test_data_dir_that_cannot_be_created_ends_the_boot(run_demijohn: RunDemijohn) -> None:
    result = run_demijohn(DEMIJOHN_DATA_DIR="/proc/data")
    assert result.status == 73
    assert result.message().startswith("DEMIJOHN_DATA_DIR='/proc/data' cannot be written: ")


def test_log_file_in_the_image_is_explained_at_import(
    run_demijohn: RunDemijohn, tmp_path: Path
) -> None:
    """Root may write everywhere, so the app raises what another user gets."""
    (tmp_path / "logs_app.py").write_text(
        "import errno\nraise OSError(errno.EROFS, 'Read-only file system', 'logs/app.log')\n"
    )
    result = run_demijohn(APP_DIR=str(tmp_path), APP_MODULE="logs_app:app")
    assert result.status == 78
    last_lines = [line for line in result.err.splitlines() if line.startswith("demijohn: APP_MOD")]
    assert len(last_lines) == 1
    assert "/logs/app.log cannot be written, at logs_app.py:2: the image's own" in last_lines[0]
    assert last_lines[0].endswith("Log to stderr, which is the container's log.")
