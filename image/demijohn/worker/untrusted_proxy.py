"""Reports a proxy that is not in TRUSTED_PROXIES: once in the log, and for `demijohn doctor`."""

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from demijohn.common.run_dir import UNTRUSTED_PROXIES
from demijohn.config import platforms

_reported: set[str] = set()  # kinds of proxy that this process or another has reported


def report(untrusted_proxy: str) -> None:
    """Log a peer that sends forwarded headers, unless a process of this container already has.

    `untrusted_proxy` is Nginx's header: the peer's address and the name of the forwarded header.
    """
    peer, _, header = untrusted_proxy.partition(" ")
    entry = _entry_for(peer)
    kind = "private" if entry == "private" else "public"
    if kind in _reported:
        return
    _reported.add(kind)
    line = _line(peer, header, entry)
    marker = Path(os.environ["DEMIJOHN_RUN_DIR"]) / UNTRUSTED_PROXIES[kind]
    # A full disk or a closed stdout must not fail the request.
    with suppress(OSError, ValueError):
        try:
            with marker.open("x", encoding="utf-8") as file:
                file.write(line)
        except FileExistsError:
            return
        print(f"warning: {line}", flush=True)


@lru_cache(maxsize=64)
def _entry_for(peer: str) -> str:
    return platforms.entry_for(peer)


def _line(peer: str, header: str, entry: str) -> str:
    known = os.environ["DEMIJOHN_TRUSTED_PROXIES"].split(",")
    trusted = [word for word in known if word not in ("", "none")]
    line = (
        f"{peer} sends {header} but is not a trusted proxy, so every client has its address. "
        f"If it is your proxy, set TRUSTED_PROXIES={','.join([*trusted, entry])}"
    )
    return line + ("." if entry == "private" else "; if it is a client, ignore this.")
