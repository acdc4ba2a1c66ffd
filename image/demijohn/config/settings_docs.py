"""Writes the tables of settings and platforms in the docs, for `make docs`."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from demijohn.config import platforms
from demijohn.config.setting import Setting
from demijohn.config.settings import SETTINGS, text

DOCUMENTS = {
    "README.md": [setting for setting in SETTINGS if setting.everyday],
    "docs/settings.md": list(SETTINGS),
}
PLATFORMS_DOCUMENT = "docs/operations.md"
PLACE = re.compile(r"(?<=<!-- settings -->\n).*(?=<!-- /settings -->)", re.DOTALL)
PLATFORMS_PLACE = re.compile(r"(?<=<!-- platforms -->\n).*(?=<!-- /platforms -->)", re.DOTALL)


def table(settings: Iterable[Setting[Any]]) -> str:
    """One row per setting: its name, its default, its meaning."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for setting in settings:
        secret = " Secret." if setting.secret else ""
        rows.append(
            f"| `{setting.variable}` | {_default(setting.default)} | {setting.meaning}.{secret} |"
        )
    return "\n".join(rows) + "\n"


def filled(document: str, content: str) -> str:
    """A document's content with its table replaced by the current one."""
    if document == PLATFORMS_DOCUMENT:
        return PLATFORMS_PLACE.sub(lambda _: platforms_table(), content)
    return PLACE.sub(lambda _: table(DOCUMENTS[document]), content)


def platforms_table() -> str:
    """One row per platform: how it is detected, and which proxies are trusted."""
    rows = [
        "| platform | detected by | trusted | client's address from |",
        "| --- | --- | --- | --- |",
    ]
    for row in (*platforms.PLATFORMS, platforms.ANYWHERE):
        title = f"[{row.title}]({row.sources[0]})" if row.sources else row.title
        markers = ", ".join(f"`{marker}`" for marker in row.markers)
        trusted = ", ".join(f"`{entry}`" for entry in row.trusted_proxies)
        header = f"`{row.client_ip_header}`" if trusted else "the connection"
        rows.append(f"| {title} | {markers} | {trusted or 'nothing'} | {header} |")
    return "\n".join(rows) + "\n"


def _default(value: object) -> str:
    if value is None:
        return ""
    return f"`{text(value)}`"


def write() -> None:
    """Update the documents in the current folder."""
    for name in (*DOCUMENTS, PLATFORMS_DOCUMENT):
        path = Path(name)
        path.write_text(filled(name, path.read_text(encoding="utf-8")), encoding="utf-8")
