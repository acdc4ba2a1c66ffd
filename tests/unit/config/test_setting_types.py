"""The type checker knows the settings: misspelt attributes and wrong types are errors."""

import subprocess
import sys
from pathlib import Path

from local.steps import ROOT

# Expressions, and the type checker's error for each.
USES = {
    "settings.drain_seconds + settings.port": "",
    "settings.drain_secnds": 'has no attribute "drain_secnds"',
    "settings.drain_seconds.upper()": '"int" has no attribute "upper"',
    "settings.web_concurrency.upper()": '"int" has no attribute "upper"',
    "settings.trusted_proxies.upper()": '"list[str]" has no attribute "upper"',
    "settings.release_database_url.place()": 'Item "None"',
}


def test_misused_setting_is_a_type_error(tmp_path: Path) -> None:
    source = tmp_path / "use.py"
    head = "from demijohn.config.settings import Settings\ndef use(settings: Settings) -> None:\n"
    source.write_text(head + "".join(f"    {use}\n" for use in USES))
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), str(source)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    for line, (use, error) in enumerate(USES.items(), start=3):
        found = [text for text in done.stdout.splitlines() if f"use.py:{line}:" in text]
        assert len(found) == bool(error), (use, done.stdout)
        assert all(error in text for text in found), (use, found)
