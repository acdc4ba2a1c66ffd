"""The OpenAPI document, as its consumers read it."""

import json
import os
import subprocess
import sys
from typing import Any

from backend.problems import CATALOGUE, SLUGS
from local.steps import ROOT


def print_document(**environ: str) -> str:
    """Run the command without a database in the environment; return its output."""
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


def test_document_does_not_depend_on_the_environment() -> None:
    texts = {print_document(PYTHONHASHSEED=seed) for seed in ("1", "2")}
    texts.add(print_document(DATABASE_DRIVER="pg8000", DATABASE_URL="postgres://nowhere/none"))
    assert len(texts) == 1


def test_references_resolve_and_operations_are_named() -> None:
    document = json.loads(print_document())
    assert document["openapi"].startswith("3.1.")
    schemas = document["components"]["schemas"]
    assert references(document) == {f"#/components/schemas/{name}" for name in schemas}
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) == 11
    assert all(operation["summary"] for operation in operations)


def test_request_schemas_forbid_additional_properties() -> None:
    schemas = json.loads(print_document())["components"]["schemas"]
    for name in ("NewPoll", "PollPatch", "NewBallot"):
        assert schemas[name]["additionalProperties"] is False


def test_each_status_has_one_problem() -> None:
    assert len(SLUGS) == len(CATALOGUE)
