"""What of Gunicorn's settings an app needs changed."""

import sys
from types import ModuleType

import pytest
from demijohn.worker.app_needs import WEBSOCKETS, changes

DEFAULTS = {
    "DEMIJOHN_PRELOAD": "true",
    "DEMIJOHN_WEB_CONCURRENCY": "2",
    "DEMIJOHN_WEB_THREADS": "4",
    "DEMIJOHN_GIVEN": "DATABASE_URL",
}


@pytest.fixture(autouse=True)
def without_websockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of this process may have imported them."""
    for module in WEBSOCKETS:
        monkeypatch.delitem(sys.modules, module, raising=False)


def needed(
    environ: dict[str, str], effects: list[str], threads: list[str] | None = None
) -> dict[str, str]:
    found = changes(DEFAULTS | environ, effects, threads or [])
    assert len({change.name for change in found}) == len(found)
    return {change.name: change.value for change in found}


@pytest.mark.parametrize(
    ("environ", "effects", "expected"),
    [
        ({}, [], {}),
        ({}, ["starts threads"], {"PRELOAD": "false"}),
        ({"DEMIJOHN_PRELOAD": "false"}, ["starts threads"], {}),
        ({"DEMIJOHN_GIVEN": "PRELOAD"}, ["starts threads"], {}),
    ],
)
def test_app_that_a_fork_breaks_is_not_preloaded_unless_preload_is_set(
    environ: dict[str, str], effects: list[str], expected: dict[str, str]
) -> None:
    assert needed(environ, effects) == expected


@pytest.mark.parametrize(
    ("module", "environ", "expected"),
    [
        ("engineio", {}, {"WEB_CONCURRENCY": "1", "WEB_THREADS": "64"}),
        ("engineio", {"DEMIJOHN_WEB_CONCURRENCY": "1"}, {"WEB_THREADS": "64"}),
        ("engineio", {"DEMIJOHN_GIVEN": "WEB_CONCURRENCY,WEB_THREADS"}, {}),
        ("simple_websocket", {}, {"WEB_THREADS": "64"}),
        ("simple_websocket", {"DEMIJOHN_WEB_THREADS": "64"}, {}),
    ],
)
def test_app_with_websockets_gets_threads_and_socket_io_one_worker(
    monkeypatch: pytest.MonkeyPatch, module: str, environ: dict[str, str], expected: dict[str, str]
) -> None:
    monkeypatch.setitem(sys.modules, module, ModuleType(module))
    assert needed(environ, []) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {"WEB_CONCURRENCY": "1", "WEB_THREADS": "8"}),
        ({"DEMIJOHN_WEB_CONCURRENCY": "1"}, {}),
        ({"DEMIJOHN_WEB_CONCURRENCY": "8", "DEMIJOHN_WEB_THREADS": "20"},
         {"WEB_CONCURRENCY": "1", "WEB_THREADS": "64"}),
        ({"DEMIJOHN_GIVEN": "WEB_THREADS"}, {"WEB_CONCURRENCY": "1"}),
        ({"DEMIJOHN_GIVEN": "WEB_CONCURRENCY"}, {}),
    ],
)  # fmt: skip
def test_app_with_threads_of_its_own_gets_one_worker(
    environ: dict[str, str], expected: dict[str, str]
) -> None:
    assert needed(environ, [], ["APScheduler"]) == expected


def test_socket_io_with_several_workers_by_setting_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "engineio", ModuleType("engineio"))
    needed({"DEMIJOHN_GIVEN": "WEB_CONCURRENCY"}, [])
    assert "Set WEB_CONCURRENCY=1." in capfd.readouterr().out
