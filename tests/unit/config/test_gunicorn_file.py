"""The app's own gunicorn.conf.py, which the image does not read."""

from pathlib import Path

from demijohn.config.gunicorn_args import unread_file


def test_gunicorn_file_of_the_app_is_named_with_what_replaces_it(tmp_path: Path) -> None:
    assert unread_file(tmp_path, "server:app") == ""
    path = tmp_path / "gunicorn.conf.py"
    path.write_text(
        "import os\nraise SystemExit\nworkers = 4\ntimeout=120\nmax_requests = 1000\n"
        "bind = '0.0.0.0:80'\n  \ndef post_fork(server, worker):\n    threads = 3\n"
    )
    assert unread_file(tmp_path, "server:app") == (
        f"{path} is not read; instead of workers, set WEB_CONCURRENCY; instead of timeout, set "
        "DEMIJOHN_REQUEST_TIMEOUT; GUNICORN_CMD_ARGS takes max_requests."
    )


def test_gunicorn_file_in_the_folder_of_the_module_is_found(tmp_path: Path) -> None:
    path = tmp_path / "server" / "gunicorn.conf.py"
    path.parent.mkdir()
    path.write_text("bind = '0.0.0.0:80'\n")
    assert unread_file(tmp_path, "server.app:app") == f"{path} is not read."
