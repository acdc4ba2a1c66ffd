"""The canonical form of JSON. As in `canonical`, no code is shared with the encoders."""

import json
import math
from decimal import Decimal
from typing import Any


def canonical_json(value: Any, *, binary: bool) -> str:
    """json as written, or with `binary` jsonb as Postgres writes it. Raises CANONICAL_ERRORS."""
    if isinstance(value, bytes) or (isinstance(value, float) and math.isinf(value)):
        raise TypeError
    text = value if isinstance(value, str) else repr(value)
    if "\0" in text:
        raise ValueError
    try:
        read = json.loads(
            text,
            parse_constant=_reject_constant,
            parse_float=_Number,
            parse_int=_Number,
            object_pairs_hook=_object if binary else dict,
        )
    except RecursionError:
        raise ValueError from None
    return _jsonb(read) if binary else text


def _reject_constant(word: str) -> None:
    raise ValueError(word)


class _Number(str):
    """A JSON number, as written."""

    __slots__ = ()


class _Object(str):
    """A JSON object, as Postgres writes it."""

    __slots__ = ()


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    """Sort keys by length, then bytes. The last duplicate wins, but all must be valid."""
    members = {key: _jsonb(value) for key, value in pairs}
    keys = sorted(members, key=lambda key: (len(key.encode()), key.encode()))
    return _Object("{" + ", ".join(f"{_json_text(key)}: {members[key]}" for key in keys) + "}")


def _jsonb(value: Any) -> str:
    """As Postgres writes jsonb."""
    match value:
        case _Object():
            return value
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
    text.encode()  # raises for half a surrogate pair
    return json.dumps(text, ensure_ascii=False)
