"""What of Gunicorn's settings an app needs changed."""

import sys
from types import ModuleType

import pytest
from demijohn.worker.app_needs import WEBSOCKETS, changes

DEFAULTS = {
    "DEMIJOHN_PRELOAD": "false",
    "DEMIJOHN_WEB_CONCURRENCY": "2",
    "DEMIJOHN_WEB_THREADS": "4",
    "DEMIJOHN_WORKER_MEMORY_MB": "100",
    "DEMIJOHN_GIVEN": "DATABASE_URL",
}

MEMORY = {"WORKER_MEMORY_MB": "200"}  # of both workers


@pytest.fixture(autouse=True)
def without_websockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of this process may have imported them."""
    for module in WEBSOCKETS:
        monkeypatch.delitem(sys.modules, module, raising=False)


def needed(
    environ: dict[str, str],
    threads: list[str] | None = None,
    used_mb: int = 0,
) -> dict[str, str]:
    found = changes(DEFAULTS | environ, threads or [], used_mb)
    assert len({change.name for change in found}) == len(found)
    return {change.name: change.value for change in found}


@pytest.mark.parametrize(
    ("module", "environ", "expected"),
    [
        ("engineio", {}, {"WEB_CONCURRENCY": "1", "WEB_THREADS": "64", **MEMORY}),
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
    assert needed(environ) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {"WEB_CONCURRENCY": "1", "WEB_THREADS": "8", **MEMORY}),
        ({"DEMIJOHN_WEB_CONCURRENCY": "1"}, {}),
        ({"DEMIJOHN_WEB_CONCURRENCY": "8", "DEMIJOHN_WEB_THREADS": "20"},
         {"WEB_CONCURRENCY": "1", "WEB_THREADS": "64", "WORKER_MEMORY_MB": "800"}),
        ({"DEMIJOHN_GIVEN": "WEB_THREADS"}, {"WEB_CONCURRENCY": "1", **MEMORY}),
        ({"DEMIJOHN_GIVEN": "WORKER_MEMORY_MB"}, {"WEB_CONCURRENCY": "1", "WEB_THREADS": "8"}),
        ({"DEMIJOHN_GIVEN": "WEB_CONCURRENCY"}, {}),
    ],
)  # fmt: skip
def test_app_with_threads_of_its_own_gets_one_worker(
    environ: dict[str, str], expected: dict[str, str]
) -> None:
    assert needed(environ, ["APScheduler"]) == expected


def test_socket_io_with_several_workers_by_setting_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "engineio", ModuleType("engineio"))
    needed({"DEMIJOHN_GIVEN": "WEB_CONCURRENCY"})
    assert "Set WEB_CONCURRENCY=1." in capfd.readouterr().out


@pytest.mark.parametrize(
    ("used_mb", "environ", "expected"),
    [
        (75, {}, {}),
        (76, {}, {"WEB_CONCURRENCY": "1", "WEB_THREADS": "8", **MEMORY}),
        (500, {}, {"WEB_CONCURRENCY": "1", "WEB_THREADS": "8", **MEMORY}),
        (500, {"DEMIJOHN_PRELOAD": "true"}, {}),
        (500, {"DEMIJOHN_WEB_CONCURRENCY": "1"}, {}),
        (500, {"DEMIJOHN_GIVEN": "WEB_CONCURRENCY"}, {}),
        (500, {"DEMIJOHN_GIVEN": "WORKER_MEMORY_MB"}, {}),
        (120, {"DEMIJOHN_WEB_CONCURRENCY": "4"},
         {"WEB_CONCURRENCY": "2", "WEB_THREADS": "8", **MEMORY}),
    ],
)  # fmt: skip
def test_large_app_gets_as_many_workers_as_fit_unless_it_is_preloaded(
    used_mb: int, environ: dict[str, str], expected: dict[str, str]
) -> None:
    found = needed(environ, used_mb=used_mb)
    assert found == expected
