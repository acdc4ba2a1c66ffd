"""The OpenAPI document as other programs read it."""

import json
import os
import subprocess
import sys
from typing import Any

from backend.problems import CATALOGUE, SLUGS
from local.steps import ROOT


def printed(**environ: str) -> str:
    """What the command prints, with nothing in the environment that names a database."""
    return subprocess.run(
        [sys.executable, "-m", "backend.openapi"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | environ,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def test_the_document_is_always_the_same_text() -> None:
    texts = {printed(PYTHONHASHSEED=seed) for seed in ("1", "2")}
    texts.add(printed(DATABASE_DRIVER="pg8000", DATABASE_URL="postgres://nowhere/none"))
    assert len(texts) == 1


def test_every_reference_leads_somewhere_and_every_operation_has_a_name() -> None:
    document = json.loads(printed())
    assert document["openapi"].startswith("3.1.")
    schemas = document["components"]["schemas"]
    assert references(document) == {f"#/components/schemas/{name}" for name in schemas}
    operations = [each for item in document["paths"].values() for each in item.values()]
    assert len({each["operationId"] for each in operations}) == len(operations) == 11
    assert all(each["summary"] for each in operations)


def test_requests_are_closed_to_what_they_do_not_name() -> None:
    schemas = json.loads(printed())["components"]["schemas"]
    for name in ("NewPoll", "PollPatch", "NewBallot"):
        assert schemas[name]["additionalProperties"] is False


def test_each_status_has_one_problem() -> None:
    assert len(SLUGS) == len(CATALOGUE)
