"""Values of supervisord.conf."""

import re

from demijohn.config.settings import SETTINGS

from local.steps import ROOT


def stop_seconds(program: str) -> float:
    """The seconds that supervisord waits for a program to stop."""
    text = (ROOT / "supervisord.conf").read_text(encoding="utf-8")
    section = re.search(rf"^\[\S*program:{program}\]$(.*?)(?=^\[|\Z)", text, re.M | re.S)
    assert section
    (seconds,) = re.findall(r"^stopwaitsecs=(\S+)$", section[1], re.M)
    (default,) = (setting.default for setting in SETTINGS if setting.name == "STOP_SECONDS")
    return float(str(seconds).replace("%(ENV_DEMIJOHN_STOP_SECONDS)s", str(default)))
