"""The documents agree with the registry, and their links exist."""

import re
from pathlib import Path

import pytest
from demijohn.config import settings_docs
from demijohn.config.platforms import PLATFORMS
from demijohn.config.settings import SETTINGS
from demijohn.serve import program_config

from local.steps import ROOT

DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "programs.d/README.md",
    *sorted([*DOCS.glob("*.md"), *DOCS.glob("databases/*.md")]),
]

# Names of apps and platforms that pages mention.
OF_OTHERS = {
    "FLASK_APP",
    "GUNICORN_CMD_ARGS",
    "LOG_LEVEL",
    "RELEASE_COMMAND",
    "USE_X_SENDFILE",
    "WEB_CONCURRENCY",
}


@pytest.mark.parametrize("document", settings_docs.DOCUMENTS)
def test_tables_of_settings_match_the_registry(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert settings_docs.filled(document, text) == text, "run `make docs`"
    assert f"| `{settings_docs.DOCUMENTS[document][0].variable}` |" in text


def test_table_of_platforms_matches_the_registry() -> None:
    document = settings_docs.PLATFORMS_DOCUMENT
    text = (ROOT / document).read_text(encoding="utf-8")
    assert settings_docs.filled(document, text) == text, "run `make docs`"
    assert all(platform.title in text for platform in PLATFORMS)


def test_reference_lists_every_setting() -> None:
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text.split("<!-- /settings -->")[0], re.M) == [
        setting.variable for setting in SETTINGS
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_of_a_page_exist(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_variables_that_a_page_names_exist(page: Path) -> None:
    known = {setting.variable for setting in SETTINGS}
    known |= {f"{setting.name}_FILE" for setting in SETTINGS if setting.secret}
    known |= {f"DEMIJOHN_{setting.name}" for setting in SETTINGS} | OF_OTHERS
    build = set(re.findall(r"^ARG (\w+)", (ROOT / "Dockerfile").read_text(), re.M))
    other = {
        "SQLALCHEMY_DATABASE_URI",
        "DEMIJOHN_STARTED_AT",
        "DEMIJOHN_",
        "DEMIJOHN_NAME",
        "NAME_FILE",
        "DATA_DIR",
        "SCRIPT_NAME",
        "X_FILE",
        "CLUSTER",
        "IMAGE",
        "FAULT_SEED",
    }
    platforms = {marker for platform in PLATFORMS for marker in platform.markers}
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})\b[^`]*`", text))
    named = {n for n in named if "_" in n and not n.startswith("PUBLIC_")}  # those are an app's
    assert not named - known - build - other - platforms


def test_queue_in_the_docs_is_the_tested_one() -> None:
    page = (ROOT / "docs/background-work.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```ini\n(.*?)^```", page, re.M | re.S)
    recipe = ROOT / "tests/fixtures/background/programs.d/queue.conf"
    _, _, tested = recipe.read_text(encoding="utf-8").partition("\n")  # after its comment
    assert shown == tested


def test_program_keys_in_the_docs_are_those_of_the_supervisor() -> None:
    page = (ROOT / "docs/background-work.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(demijohn_\w+)=", page)) == set(program_config.KEYS)
