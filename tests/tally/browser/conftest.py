"""A real Chromium, and the checks of every test that drives it.

`new_visitor` opens a browser context per person. A page that logs an error or violates the content
security policy fails its test.
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
# The headless shell comes first: it takes two thirds of the time.
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
# The browser logs this for each response >= 400, and the tests cause such responses.
EXPECTED = re.compile(r"Failed to load resource")

WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
});
"""

# Generous, since a busy machine is slow; only failures take this long.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; if there is none, the test is skipped."""
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        pytest.skip(f"no Chromium on PATH (looked for {', '.join(CHROMIUMS)})")
    # Chromium's sandbox does not work for root, the user of many containers and CI machines.
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *sandbox])
        yield chromium
        chromium.close()


@pytest.fixture
def new_visitor(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """A function that opens a browser for a visitor: `new_visitor(url, size=PHONE, dark=True)`."""
    console_errors: list[str] = []
    unanswered: set[str] = set()
    contexts = []

    def open_visitor(url: str, size: Size = DESKTOP, *, dark: bool = False) -> Visitor:
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
        page.on("console", lambda message: console_errors.extend(_errors_in(message)))
        page.on("pageerror", lambda error: console_errors.append(f"uncaught: {error}"))
        page.on("request", lambda request: unanswered.add(request.url))
        page.on("requestfinished", lambda request: unanswered.discard(request.url))
        page.on("requestfailed", lambda request: unanswered.discard(request.url))
        return Visitor(page, console_errors)

    yield open_visitor
    print("requests without a response:", unanswered or "none")  # shown if the test has failed
    for context in contexts:
        context.close()
    assert not console_errors, "\n".join(console_errors)


def _errors_in(message: ConsoleMessage) -> list[str]:
    is_error = message.type in {"error", "warning"} and not EXPECTED.search(message.text)
    return [f"{message.type}: {message.text}"] if is_error else []


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def size(request: pytest.FixtureRequest) -> Size:
    """The window size; the test runs in each."""
    chosen: Size = request.param
    return chosen


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """A function that saves a screenshot of a page in .artefacts/, for review."""

    def take(page: Page, name: str) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        (ARTEFACTS / ".gitignore").write_text("*\n")
        width = page.viewport_size["width"] if page.viewport_size else 0
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        # Wait until animations are finished.
        page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
        page.screenshot(path=ARTEFACTS / f"{name}-{width}.png", full_page=True)

    return take
