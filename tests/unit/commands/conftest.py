"""What the tests of `demijohn smoke` share."""

import json

import pytest
from demijohn.commands import smoke

from tests.unit.commands.deployments import Judge, Results


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str]) -> Judge:
    """A function that runs smoke and gives its status and its results by the check's name."""

    def run(url: str, *words: str) -> tuple[int, Results]:
        status = smoke.main([url, "--json", *words])
        document = json.loads(capsys.readouterr().out)
        assert document["passed"] is (status == 0)
        return status, {result["check"]: result for result in document["checks"]}

    return run
