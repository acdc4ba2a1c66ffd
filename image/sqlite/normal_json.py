"""The normal form of JSON, for the proof. As `normal`, this shares nothing with `texts`."""

import json
import math
from decimal import Decimal
from typing import Any


def json_form(value: Any, *, binary: bool) -> str:
    """JSON as it is written, or jsonb as Postgres writes it where it is `binary`. Raises BROKEN."""
    if isinstance(value, bytes) or (isinstance(value, float) and math.isinf(value)):
        raise TypeError
    text = value if isinstance(value, str) else repr(value)
    if "\0" in text:
        raise ValueError
    try:
        read = json.loads(text, parse_constant=_refuse, parse_float=_Number, parse_int=_Number)
    except RecursionError:
        raise ValueError from None
    return _jsonb(read) if binary else text


def _refuse(word: str) -> None:
    raise ValueError(word)


class _Number(str):
    """A number of JSON's, as it is written."""

    __slots__ = ()


def _jsonb(value: Any) -> str:
    """As Postgres writes jsonb: keys by length and then bytes, the last of equal ones only."""
    match value:
        case dict():
            keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
            inner = ", ".join(f"{_json_text(key)}: {_jsonb(value[key])}" for key in keys)
            return f"{{{inner}}}"
        case list():
            return f"[{', '.join(map(_jsonb, value))}]"
        case _Number():
            number = format(Decimal(value), "f")
            return number.removeprefix("-") if not Decimal(value) else number
        case str():
            return _json_text(value)
        case True:
            return "true"
        case False:
            return "false"
    return "null"


def _json_text(text: str) -> str:
    if "\0" in text:
        raise ValueError
    text.encode()  # half a surrogate pair raises
    return json.dumps(text, ensure_ascii=False)
