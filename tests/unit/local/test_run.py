"""The decisions of `make run` before it starts anything."""

import socket
from pathlib import Path

import pytest

from local import run
from local.steps import StepError


def test_port_in_use_is_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StepError, match=rf"port {port} is in use .* PORT=\d+ make run"):
            run.check_port(port)
    run.check_port(port)


@pytest.mark.parametrize("port", ["", "http", "0", "70000", "٣"])
def test_invalid_port_is_left_to_the_settings(port: str) -> None:
    assert run.as_port(port) is None


def test_real_variables_override_the_dotenv_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.delenv("DEMIJOHN_DOTENV", raising=False)
    monkeypatch.setenv("PORT", "9000")
    (tmp_path / ".env").write_text("PORT=9001\nDATABASE_URL=postgresql://h/d\nEMPTY=\n")
    variables = run.variables()
    assert variables["PORT"] == "9000"
    assert variables["DATABASE_URL"] == "postgresql://h/d"
    assert "EMPTY" not in variables


@pytest.mark.parametrize("name", run.NAMES_A_DATABASE)
def test_own_database_starts_no_embedded_postgres(name: str) -> None:
    with run._database({name: "something"}) as variables:
        assert variables == {}


@pytest.mark.parametrize(
    ("has_frontend", "wanted"), [(True, {"DEMIJOHN_STATIC_DIR"}), (False, set())]
)
def test_frontend_is_built_only_if_the_image_has_one(
    monkeypatch: pytest.MonkeyPatch, has_frontend: bool, wanted: set[str]
) -> None:
    monkeypatch.setattr(run.frontend, "EXISTS", has_frontend)
    assert run.defaults().keys() - {"NGINX_PROGRAM"} == wanted
