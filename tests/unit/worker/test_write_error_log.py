"""The explanation of a view that cannot write a file."""

import errno

import flask
import pytest
from demijohn.worker import write_error_log
from flask.logging import default_handler


def test_explanation_follows_the_traceback_and_comes_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    app = flask.Flask(__name__)
    app.logger.addHandler(default_handler)

    @app.get("/")
    def save() -> str:
        raise OSError(errno.EROFS, "Read-only file system", "/app/uploads/a.png")

    write_error_log.watch_views()
    for _ in range(2):
        assert app.test_client().get("/").status_code == 500
        write_error_log.explain()
    log = capfd.readouterr().err
    assert log.count("Traceback") == 2
    assert log.count("/app/uploads/a.png cannot be written") == 1
    assert log.index("Traceback") < log.index("cannot be written")
