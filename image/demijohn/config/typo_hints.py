"""Variables that were meant to be settings, and are none for a slip of the keyboard."""

from collections.abc import Iterable
from difflib import get_close_matches

# DATABASE_URI and WEB_CONCURENCY are near enough; DATABASE_USER and PORTS, which are somebody
# else's, are not.
LIKENESS = 0.9


def misspelt(names: Iterable[str], unset: Iterable[str]) -> dict[str, str]:
    """For each of `names` that is nearly one of `unset`, the setting that was meant."""
    possible = list(unset)
    found = {}
    for name in sorted(names):
        if meant := get_close_matches(name.upper(), possible, n=1, cutoff=LIKENESS):
            found[name] = meant[0]
    return found
