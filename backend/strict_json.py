"""JSON as RFC 8259 has it, for bodies that may come from anyone."""

import json
from typing import Any, NoReturn

from flask.json.provider import DefaultJSONProvider

LONGEST_INTEGER = 19  # digits; no number that the API takes has more


class StrictJSON(DefaultJSONProvider):
    """Flask's JSON, without what Python adds to it, and without its ways to fail at large."""

    def loads(self, s: str | bytes, **options: Any) -> Any:
        """Parse `s`; raises ValueError, as Flask expects of a body that is no JSON."""
        try:
            return json.loads(s, parse_constant=_refuse, parse_int=_integer, **options)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _integer(digits: str) -> int | float:
    """Python refuses to read more than 4300 digits; as a float it will be refused by the schema."""
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
