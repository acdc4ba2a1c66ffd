"""Fixtures of the tests of `demijohn smoke`."""

import json

import pytest
from demijohn.commands import smoke

from tests.unit.commands.deployments import Results, RunSmoke


@pytest.fixture
def run_smoke(capsys: pytest.CaptureFixture[str]) -> RunSmoke:
    """A function that runs smoke; it returns the exit status, and the results by check name."""

    def run(url: str, *words: str) -> tuple[int, Results]:
        status = smoke.main([url, "--json", *words])
        document = json.loads(capsys.readouterr().out)
        assert document["passed"] is (status == 0)
        return status, {result["check"]: result for result in document["checks"]}

    return run
