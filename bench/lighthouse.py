"""Runs Lighthouse on every page of Tally, for phone and desktop, served by the built image.

    make bench-lighthouse     needs Docker, Node.js >= 22.19 and a Chromium; some minutes

Prints the score of each category, and fails if one is below 95. The poll's pages skip the audit
is-crawlable, because robots.txt excludes them from search indexes on purpose.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from local import tools
from tests.support.docker_engine import ROOT, Engine

HERE = Path(__file__).resolve().with_suffix("")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FORMS = {"phone": [], "desktop": ["--preset=desktop"]}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
GOAL = 95
RUNS = 3  # the median counts, since other load on the machine varies


def pages(url: str) -> dict[str, str]:
    """Create a poll. Returns the paths of all pages by name."""
    body = json.dumps({"question": "Tea or coffee?", "options": ["Tea", "Coffee", "Water"]})
    request = urllib.request.Request(
        f"{url}/api/polls", body.encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        poll = json.load(answer)
    path = f"/p/{poll['id']}"
    return {
        "ask": "/",
        "ballot": path,
        "results": f"{path}/results",
        "presenter": f"{path}/present",
        "manage": f"{path}/manage#{poll['manage_key']}",
        "status": "/status",
        "code": "/join",
        "not found": "/nowhere",
    }


def measure(lighthouse: list[str], url: str, options: list[str]) -> dict[str, Any]:
    """Run Lighthouse once. Returns its report."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        subprocess.run(
            [*lighthouse, url, "--quiet", "--output=json", f"--output-path={file.name}", *options],
            check=True,
        )
        report: dict[str, Any] = json.load(file)
    return report


def command(node: tools.Node) -> list[str]:
    """Install Lighthouse from its lock file. Returns the beginning of its command."""
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if chromium is None:
        raise SystemExit(f"no Chromium on PATH (looked for {', '.join(CHROMIUMS)}): install one")
    os.environ["CHROME_PATH"] = chromium
    words = [*node.npm, "ci", "--silent", "--no-audit", "--no-fund"]
    subprocess.run(words, cwd=HERE, check=True)
    flags = "--headless=new --disable-gpu" + " --no-sandbox" * (os.geteuid() == 0)
    program = HERE / "node_modules/lighthouse/cli/index.js"
    return [str(node.program), str(program), f"--chrome-flags={flags}"]


def main() -> None:
    lighthouse = command(tools.node())
    engine = Engine()
    try:
        image, _ = engine.build(ROOT)
        database = engine.start_postgres().wait_until_ready()
        url = database.url(database.create_database())
        site = engine.start(image, settings={"DATABASE_URL": url}).wait_until_ready()
        print(f"{'page':<10}  {'form':<8}" + "".join(f"{name:>16}" for name in CATEGORIES))
        low: list[str] = []
        for name, path in pages(site.url).items():
            audits = ["--skip-audits=is-crawlable"] if path.startswith("/p/") else []
            for form, preset in FORMS.items():
                reports = [
                    measure(lighthouse, site.url + path, preset + audits)["categories"]
                    for _ in range(RUNS)
                ]
                scores = [
                    statistics.median(report[category]["score"] * 100 for report in reports)
                    for category in CATEGORIES
                ]
                print(f"{name:<10}  {form:<8}" + "".join(f"{score:>16.0f}" for score in scores))
                if min(scores) < GOAL:
                    low.append(f"{name} ({form})")
        if low:
            raise SystemExit(f"below {GOAL}: {', '.join(low)}")
    finally:
        engine.close()


if __name__ == "__main__":
    main()
