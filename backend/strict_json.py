"""A strict JSON parser (RFC 8259) for untrusted request bodies."""

import json
from typing import Any, NoReturn

from flask.json.provider import DefaultJSONProvider

LONGEST_INTEGER = 19  # digits; no number that the API takes has more


class StrictJSON(DefaultJSONProvider):
    """Flask's JSON without Python's extensions, and with ValueError as its only error."""

    def loads(self, s: str | bytes, **options: Any) -> Any:
        """Parse `s`. Raises ValueError, as Flask expects, if it is not JSON."""
        try:
            return json.loads(s, parse_constant=_refuse, parse_int=_integer, **options)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _integer(digits: str) -> int | float:
    """An integer, or a float if long: int() raises above 4300 digits, schemas reject it."""
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
