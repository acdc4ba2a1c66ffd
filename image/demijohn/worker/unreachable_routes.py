"""Finds the routes of a Flask app that no request reaches, since API_PATHS does not cover them."""

from collections.abc import Iterable, Sequence
from typing import Any

from demijohn.config.parsers import EVERYTHING, PROBE_PATHS

SHOWN = 5


def warning(app: Any, api_paths: Sequence[str], strip_prefix: str) -> str:
    """One line that names the routes and what to set; empty if there are none.

    A route for every path is left out with the front page: it is there to serve the frontend.
    """
    url_map: Any = getattr(app, "url_map", None)
    if EVERYTHING in api_paths or not hasattr(url_map, "iter_rules"):
        return ""
    lost = [
        rule.rule
        for rule in url_map.iter_rules()
        if not f".{rule.endpoint}".endswith(".static")
        and rule.rule not in PROBE_PATHS
        and not _is_covered((rule.rule, strip_prefix + rule.rule), api_paths)
    ]
    if any(path.startswith("/<path:") for path in lost):
        lost = [path for path in lost if path != "/" and not path.startswith("/<path:")]
    shown = _grouped(lost)
    if not shown:
        return ""
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return (
        f"{', '.join(shown[:SHOWN])}{more} not in API_PATHS={','.join(api_paths)}: "
        "the frontend answers there, not the app. Add what the app is to serve, or set API_PATHS=/."
    )


def _is_covered(forms: Iterable[str], api_paths: Sequence[str]) -> bool:
    return any(f"{form}/".startswith(f"{path}/") for form in forms for path in api_paths)


def _grouped(paths: Iterable[str]) -> list[str]:
    """The paths, those below one folder as `/folder/…`."""
    groups: dict[str, list[str]] = {}
    for path in sorted(set(paths)):
        groups.setdefault(path.split("/")[1], []).append(path)
    return [found[0] if len(found) == 1 else f"/{name}/…" for name, found in groups.items()]
