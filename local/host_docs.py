"""Writes the facts about each host in docs/hosts from the table of the container tests.

tests/container/hosts/hosts.toml documents its own keys. `make docs` runs this.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from .steps import ROOT

TABLE = ROOT / "tests/container/hosts/hosts.toml"
PAGES = ROOT / "docs/hosts"
PLACE = re.compile(r"(?<=<!-- facts -->\n).*(?=<!-- /facts -->)", re.DOTALL)

# Pages with several hosts of the table; every other host has a page of the same name.
SHARED = {"docker": ("caddy", "traefik", "nginx")}

Host = Mapping[str, Any]


def load() -> dict[str, Host]:
    """The table of facts, by host."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def pages(hosts: Mapping[str, Host]) -> dict[str, list[Host]]:
    """The hosts of each page, by the page's name without `.md`."""
    page_of = {host: page for page, names in SHARED.items() for host in names}
    found: dict[str, list[Host]] = {}
    for name, host in hosts.items():
        found.setdefault(page_of.get(name, name), []).append(host)
    return found


def filled(content: str, hosts: list[Host]) -> str:
    """A page's content with its facts replaced by the current ones."""
    blocks = (facts(host, titled=len(hosts) > 1) for host in hosts)
    return PLACE.sub(lambda _: "\n".join(blocks), content)


def write() -> None:
    """Update all pages. A test checks that every host has a page."""
    for name, hosts in pages(load()).items():
        path = PAGES / f"{name}.md"
        if path.exists():
            path.write_text(filled(path.read_text(encoding="utf-8"), hosts), encoding="utf-8")


def facts(host: Host, titled: bool = False) -> str:
    """One host as a Markdown table, with what the tests emulate and the sources."""
    heading = host["title"] if titled else "fact"
    lines = [f"| {heading} | what the tests run |", "| --- | --- |"]
    lines += [f"| {fact} | {value} |" for fact, value in _rows(host) if value]
    lines += ["", _emulated(host), ""]
    sources = ", ".join(_link(source, i) for i, source in enumerate(host["sources"], 1))
    return "\n".join([*lines, f"Sources: {sources}.", ""])


def _rows(host: Host) -> Iterator[tuple[str, str]]:
    yield "variables", ", ".join(f"`{name}`" for name in host.get("variables", {}))
    yield "you set", _assignments(host.get("settings", {}))
    yield "port", f"`PORT={host['port']}`" if "port" in host else "8080, the image's default"
    yield "user", host.get("user") or "10001, the image's default"
    yield "memory", f"{host['memory_mb']} MB in the smallest plan"
    yield "proxy", f"connects from {host['peer_network']}" if host.get("peer_network") else ""
    yield "a client that sends `X-Forwarded-For: 6.6.6.6` arrives with", _client(host["headers"])
    yield "probe", _probe(host["probe"])
    yield "stop", _stop(host["stop"])
    yield "release", _release(host.get("command", {}))
    yield "database", f"`{_example(host['database']['url'])}`" if "database" in host else ""


def _client(headers: Mapping[str, str]) -> str:
    return ", ".join(
        f"`{name}: {_example(value)}`" for name, value in headers.items() if "{client}" in value
    )


def _probe(probe: Mapping[str, Any]) -> str:
    if probe.get("protocol") == "none":
        return "none"
    low, high = min(probe["success"]), max(probe["success"])
    status = f"{low}" if low == high else f"{low} to {high}"
    text = f"`GET {probe['path']}`"
    if probe.get("host"):
        text += f", `Host: {_example(probe['host'])}`"
    text += f", within {probe['timeout_seconds']} s; success is {status}"
    return text + ("; by default it only connects" if probe.get("protocol") == "tcp" else "")


def _stop(stop: Mapping[str, Any]) -> str:
    default = stop.get("default_signal")
    text = f"SIG{stop['signal']}" + (f" (by default SIG{default})" if default else "")
    text += " to every process" if stop.get("every_process") else ""
    text += f", {stop['grace_seconds']} s before SIGKILL"
    others = {"by default": "default_grace_seconds", "at most": "max_grace_seconds"}
    limits = [
        f"{words} {stop[key]} s"
        for words, key in others.items()
        if key in stop and stop[key] != stop["grace_seconds"]
    ]
    text += f" ({', '.join(limits)})" if limits else ""
    before = stop.get("before_seconds")
    return text + (f"; no new traffic for {before} s before the signal" if before else "")


def _release(command: Mapping[str, Any]) -> str:
    if "release" not in command:
        return "at boot"
    words = " ".join(command["release"])
    if words == "release":  # arguments for the image's own entrypoint
        words = "demijohn release"
    extra = _assignments(command.get("release_variables", {}))
    return f"`{words}`" + (f", with {extra}" if extra else "")


def _emulated(host: Host) -> str:
    lines = ["The tests emulate all of this. Not tested on the host."]
    if assumed := host.get("assumed"):
        names = ", ".join(f"`{name}`" for name in assumed)
        lines.append(f"Unconfirmed: {names}.")
    if not_tried := host.get("not_tried"):
        lines.append(f"Not emulated: {'; '.join(not_tried)}.")
    return " ".join(lines)


def _assignments(values: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}={value}`" for name, value in values.items())


def _example(value: str) -> str:
    """A pattern for readers: {client} becomes CLIENT."""
    return re.sub(r"\{(\w+)\}", lambda match: match[1].upper(), value)


def _link(source: str, number: int) -> str:
    """A link to a source, which is a URL and an optional remark in parentheses."""
    url, _, remark = source.partition(" ")
    return f"[{number}]({url})" + (f" {remark}" if remark else "")
