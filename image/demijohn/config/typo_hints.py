"""Finds variables whose names are misspelt names of settings."""

from collections.abc import Iterable
from difflib import get_close_matches

# DATABASE_URI and WEB_CONCURENCY are similar enough to be typos; DATABASE_USER and PORTS are not.
SIMILARITY = 0.9


def find_typos(names: Iterable[str], unset: Iterable[str]) -> dict[str, str]:
    """Map each of `names` that is nearly one of `unset` to the name that was meant."""
    possible = list(unset)
    found = {}
    for name in sorted(names):
        if meant := get_close_matches(name.upper(), possible, n=1, cutoff=SIMILARITY):
            found[name] = meant[0]
    return found
