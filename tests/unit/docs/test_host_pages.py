"""docs/hosts agrees with the container tests; its variables and links exist."""

import re
import tomllib
from pathlib import Path

import pytest
from demijohn.config.settings import SETTINGS

from local import host_docs

HOSTS = host_docs.load()
GENERATED = host_docs.pages(HOSTS)
PAGES = sorted(host_docs.PAGES.glob("*.md"))
INDEX = host_docs.PAGES / "README.md"

# Names of hosts that the pages mention, besides those of the table.
OF_HOSTS = {
    "RAILWAY_RUN_UID",
    "POSTGRES_PASSWORD",
    "POSTGRES_URI",
    "PRE_DEPLOY",
    "DOKKU_DOCKER_STOP_TIMEOUT",
    "RELEASE_COMMAND",
}


def prose(page: Path) -> str:
    """A page without its generated part."""
    return host_docs.PLACE.sub("", page.read_text(encoding="utf-8"))


def test_every_host_has_a_page() -> None:
    assert {page.stem for page in PAGES} - {"README"} == set(GENERATED)


@pytest.mark.parametrize("page", GENERATED)
def test_host_facts_match_the_table(page: str) -> None:
    content = (host_docs.PAGES / f"{page}.md").read_text(encoding="utf-8")
    assert host_docs.filled(content, GENERATED[page]) == content, "run `make docs`"
    for host in GENERATED[page]:
        assert host["sources"][0].split()[0] in content


@pytest.mark.parametrize("page", GENERATED)
def test_host_index_lists_every_page(page: str) -> None:
    assert f"]({page}.md)" in INDEX.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_relative_links_of_a_host_page_exist(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_variables_that_a_host_page_names_exist(page: Path) -> None:
    settings = {setting.variable for setting in SETTINGS}
    settings |= {f"DEMIJOHN_{setting.name}" for setting in SETTINGS}
    table = {
        name
        for host in HOSTS.values()
        for name in (*host.get("variables", {}), *host.get("settings", {}))
    }
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})\b[^`]*`", prose(page)))
    assert not {name for name in named if "_" in name} - settings - table - OF_HOSTS


@pytest.mark.parametrize("page", GENERATED)
def test_host_page_has_at_most_60_lines(page: str) -> None:
    assert len(prose(host_docs.PAGES / f"{page}.md").splitlines()) <= 60


def test_host_facts_show_values_that_differ_from_the_default() -> None:
    host = tomllib.loads(
        """
        title = "Somewhere"
        port = 9000
        memory_mb = 64
        sources = ["https://a.example/ (measured)", "https://b.example/"]
        assumed = ["stop"]
        [variables]
        SOMEWHERE = "yes"
        [headers]
        X-Real-IP = "{client}"
        X-Forwarded-Proto = "https"
        [command]
        release = ["release"]
        [command.release_variables]
        JOB = "1"
        [probe]
        path = "/readyz"
        host = "{address}"
        protocol = "tcp"
        success = [200, 399]
        timeout_seconds = 4
        [stop]
        signal = "TERM"
        default_signal = "INT"
        every_process = true
        grace_seconds = 30
        default_grace_seconds = 5
        max_grace_seconds = 30
        before_seconds = 60
        """
    )
    facts = host_docs.facts(host)
    assert "`PORT=9000`" in facts
    assert "`X-Real-IP: CLIENT` |" in facts
    assert (
        "SIGTERM (by default SIGINT) to every process, 30 s before SIGKILL (by default 5 s); "
        "no new traffic for 60 s before the signal |"
    ) in facts
    assert (
        "`GET /readyz`, `Host: ADDRESS`, within 4 s; success is 200 to 399; "
        "by default it only connects |"
    ) in facts
    assert "`demijohn release`, with `JOB=1` |" in facts
    assert "Not tested on the host. Unconfirmed: `stop`.\n" in facts
    assert "Sources: [1](https://a.example/) (measured), [2](https://b.example/)." in facts


def test_host_without_a_release_step_releases_at_boot() -> None:
    assert "| release | at boot |" in host_docs.facts(HOSTS["koyeb"])
