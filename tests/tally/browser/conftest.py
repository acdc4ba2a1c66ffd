"""A real Chromium, and what every test that drives it watches for.

`visitor` is someone with a device of their own; `newcomer` brings in further people. A page that
logs an error or breaks the content security policy fails its test, whatever else went well.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from local.steps import ROOT
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor

ARTEFACTS = ROOT / ".artefacts"
# The same browser without windows of its own comes first: it takes two thirds of the time.
CHROMIUMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# What the browser itself writes for each answer >= 400: the tests ask for such answers.
EXPECTED = re.compile(r"Failed to load resource")

WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
});
"""

# Generous, since a busy machine is slow; only what fails takes as long.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium. Without one the test is skipped."""
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        pytest.skip(f"no Chromium on PATH (looked for {', '.join(CHROMIUMS)})")
    # Chromium's sandbox refuses to work for root, as which containers and CI machines run.
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *sandbox])
        yield chromium
        chromium.close()


@pytest.fixture
def newcomer(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """A function that brings in a visitor: `newcomer(url, size=PHONE, dark=True)`."""
    complaints: list[str] = []
    contexts = []

    def bring(url: str, size: Size = DESKTOP, *, dark: bool = False) -> Visitor:
        context = browser.new_context(
            base_url=url,
            viewport={"width": size.width, "height": size.height},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            accept_downloads=True,
        )
        context.set_default_timeout(30_000)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
        context.add_init_script(WATCH_POLICY)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.extend(_complaint(message)))
        page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
        return Visitor(page, complaints)

    yield bring
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


def _complaint(message: ConsoleMessage) -> list[str]:
    bad = message.type in {"error", "warning"} and not EXPECTED.search(message.text)
    return [f"{message.type}: {message.text}"] if bad else []


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def size(request: pytest.FixtureRequest) -> Size:
    """The window that the test is run in; it is run in each."""
    chosen: Size = request.param
    return chosen


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """A function that keeps a picture of a page in .artefacts/, for people to look at."""

    def take(page: Page, name: str) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        (ARTEFACTS / ".gitignore").write_text("*\n")
        width = page.viewport_size["width"] if page.viewport_size else 0
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        # Bars and crosses are drawn at their end, not on the way.
        page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
        page.screenshot(path=ARTEFACTS / f"{name}-{width}.png", full_page=True)

    return take
