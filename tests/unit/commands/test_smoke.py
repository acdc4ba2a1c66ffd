"""`demijohn smoke` against real servers on loopback: correct ones, and one per fault."""

import pytest
from demijohn.commands import smoke

from tests.unit.commands.deployments import (
    PAGE,
    Fault,
    Request,
    Response,
    RunSmoke,
    deployment,
    failed,
)
from tests.unit.commands.smoke_faults import FAULTS, api_errors_in_html


def test_correct_deployment_passes(run_smoke: RunSmoke) -> None:
    with deployment() as url:
        status, results = run_smoke(url)
    assert failed(results) == set()
    assert status == 0
    assert len(results) >= 20
    assert results["brotli"]["status"] == "skip"
    assert "gzip" in results["brotli"]["seen"]


@pytest.mark.parametrize(("fault", "checks"), FAULTS, ids=[x.__name__ for x, _ in FAULTS])
def test_fault_fails_its_checks_only(fault: Fault, checks: set[str], run_smoke: RunSmoke) -> None:
    with deployment(fault) as url:
        status, results = run_smoke(url, "--timeout", "1")
    assert failed(results) == checks
    assert status == 1
    for name in checks:
        assert results[name]["expected"]
        assert results[name]["seen"]
        assert results[name]["remedy"]


def test_api_404_in_html_passes(run_smoke: RunSmoke) -> None:
    with deployment(api_errors_in_html) as url:
        assert run_smoke(url)[0] == 0


def test_api_path_option_sets_the_checked_path(run_smoke: RunSmoke) -> None:
    def api_at_rest_v1(request: Request, response: Response) -> None:
        if request.path.startswith("/rest/v1/") and response.status == 200:
            response.status, response.content_type, response.body = 404, "application/json", b"{}"

    with deployment(api_at_rest_v1) as url:
        assert run_smoke(url)[0] == 0
        assert run_smoke(url, "--api-path", "/rest/v1")[0] == 0
        status, results = run_smoke(url, "--api-path", "/other/")
    assert (status, failed(results)) == (1, {"api_problem"})


def test_page_without_assets_skips_the_asset_checks(run_smoke: RunSmoke) -> None:
    def page_without_assets(request: Request, response: Response) -> None:
        if response.body == PAGE:
            response.body = b"<!doctype html><p>no script</p>"

    with deployment(page_without_assets) as url:
        status, results = run_smoke(url)
    skipped = {name for name, result in results.items() if result["status"] == "skip"}
    assert (status, skipped) == (0, {"immutable", "gzipped", "brotli"})


def test_database_check_is_skipped_where_there_is_none(run_smoke: RunSmoke) -> None:
    def no_database(request: Request, response: Response) -> None:
        if request.path == "/healthz/database":
            response.body = b'{"status": "no database"}'

    with deployment(no_database) as url:
        status, results = run_smoke(url)
    assert (status, results["database"]["status"]) == (0, "skip")


def test_exception_in_a_check_fails_that_check_only(
    run_smoke: RunSmoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_check(site: smoke.Site) -> str:
        """A check with a bug"""
        raise ZeroDivisionError("division by zero")

    monkeypatch.setitem(smoke.CHECKS, "API", (broken_check, *smoke.CHECKS["API"]))
    with deployment() as url:
        status, results = run_smoke(url)
    assert (status, failed(results)) == (1, {"broken_check"})
    assert results["broken_check"]["seen"] == "ZeroDivisionError: division by zero"
