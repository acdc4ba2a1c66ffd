"""`demijohn smoke` against real servers on loopback that are right, or wrong in one way each."""

import pytest
from demijohn.commands import smoke

from tests.unit.commands.deployments import PAGE, Answer, Fault, Judge, Request, deployment, failed
from tests.unit.commands.smoke_faults import FAULTS, api_errors_in_html


def test_a_right_deployment_passes(judge: Judge) -> None:
    with deployment() as url:
        status, results = judge(url)
    assert failed(results) == set()
    assert status == 0
    assert len(results) >= 20
    assert results["brotli"]["status"] == "skip"
    assert "gzip" in results["brotli"]["seen"]


@pytest.mark.parametrize(("spoil", "checks"), FAULTS, ids=[x.__name__ for x, _ in FAULTS])
def test_a_fault_turns_its_checks_red(spoil: Fault, checks: set[str], judge: Judge) -> None:
    with deployment(spoil) as url:
        status, results = judge(url, "--timeout", "1")
    assert failed(results) == checks
    assert status == 1
    for name in checks:
        assert results[name]["expected"]
        assert results[name]["seen"]
        assert results[name]["remedy"]


def test_an_app_may_say_in_html_that_there_is_nothing(judge: Judge) -> None:
    with deployment(api_errors_in_html) as url:
        assert judge(url)[0] == 0


def test_api_path_is_asked_where_it_is_named(judge: Judge) -> None:
    def elsewhere(request: Request, answer: Answer) -> None:
        if request.path.startswith("/rest/v1/") and answer.status == 200:
            answer.status, answer.kind, answer.body = 404, "application/json", b"{}"

    with deployment(elsewhere) as url:
        assert judge(url)[0] == 0
        assert judge(url, "--api-path", "/rest/v1")[0] == 0
        status, results = judge(url, "--api-path", "/other/")
    assert (status, failed(results)) == (1, {"api_problem"})


def test_a_page_without_assets_skips_what_needs_one(judge: Judge) -> None:
    def bare(request: Request, answer: Answer) -> None:
        if answer.body == PAGE:
            answer.body = b"<!doctype html><p>no script</p>"

    with deployment(bare) as url:
        status, results = judge(url)
    skipped = {name for name, result in results.items() if result["status"] == "skip"}
    assert (status, skipped) == (0, {"immutable", "gzipped", "brotli"})


def test_a_mistake_inside_a_check_is_one_red_line(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clumsy(site: smoke.Site) -> str:
        """A clumsy check"""
        raise ZeroDivisionError("division by zero")

    monkeypatch.setitem(smoke.CHECKS, "API", (clumsy, *smoke.CHECKS["API"]))
    with deployment() as url:
        status, results = judge(url)
    assert (status, failed(results)) == (1, {"clumsy"})
    assert results["clumsy"]["seen"] == "ZeroDivisionError: division by zero"
