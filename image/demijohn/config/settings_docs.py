"""The registry of settings as Markdown tables in the docs; `make docs` writes them."""

import re
from collections.abc import Iterable
from pathlib import Path

from demijohn.config.setting import Setting
from demijohn.config.settings import SETTINGS, text

DOCUMENTS = {
    "README.md": [setting for setting in SETTINGS if setting.everyday],
    "docs/settings.md": list(SETTINGS),
}
PLACE = re.compile(r"(?<=<!-- settings -->\n).*(?=<!-- /settings -->)", re.DOTALL)


def table(settings: Iterable[Setting]) -> str:
    """One row a setting: its name, its default, its meaning."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for setting in settings:
        secret = " Secret." if setting.secret else ""
        rows.append(
            f"| `{setting.variable}` | {_default(setting.default)} | {setting.meaning}.{secret} |"
        )
    return "\n".join(rows) + "\n"


def filled(document: str, content: str) -> str:
    """A document's content, with its table as the registry has it."""
    return PLACE.sub(lambda _: table(DOCUMENTS[document]), content)


def _default(value: object) -> str:
    if value is None:
        return ""
    return f"`{text(value)}`"


def write() -> None:
    """Update the documents below the current folder."""
    for name in DOCUMENTS:
        path = Path(name)
        path.write_text(filled(name, path.read_text(encoding="utf-8")), encoding="utf-8")
