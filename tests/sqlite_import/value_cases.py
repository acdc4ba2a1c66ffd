"""Values in columns of each declared type: the imported value, or the reason for its rejection."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

UNIX = 1_700_000_000
THEN = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
SIXTEEN = bytes(range(16))

# Declared type, values, the type in Postgres, the values in Postgres (None: the same values).
ACCEPTED: dict[str, tuple[str, list[Any], str, list[Any] | None]] = {
    "integer": ("INTEGER", [1, -(2**63), 2**63 - 1, None], "bigint", None),
    "int beyond 32 bits": ("INT", [2**40], "bigint", None),
    "tinyint": ("TINYINT(1)", [0, 1], "bigint", None),
    "reals in integer": ("INTEGER", [1, 2.5], "double precision", [1.0, 2.5]),
    "texts in integer": ("INTEGER", ["ab", "c"], "text", None),
    "reals": ("REAL", [0.1, 1e300, -5e-324, 1 / 3, 123456789.123456789, 2.0], "double precision", None),
    "infinite": ("DOUBLE", [float("inf"), float("-inf")], "double precision", None),
    "exponents": ("FLOAT", [1e15, 1e16, 123456789012345680.0, 1e-4, 1e-5, -1.5e22], "double precision", None),
    "bool": ("BOOLEAN", [0, 1, "t", "FALSE", "Yes", "off", None], "boolean", [False, True, True, False, True, False, None]),
    "decimal": ("DECIMAL(10,2)", [19.99, 0.1, 5, -3.5, 12345678.91], "numeric(10,2)", [Decimal("19.99"), Decimal("0.10"), 5, Decimal("-3.50"), Decimal("12345678.91")]),
    "decimal without limits": ("NUMERIC", [0.1, 10**18, 1e300, 0.30000000000000004], "numeric", [Decimal("0.1"), 10**18, 10**300, Decimal("0.30000000000000004")]),
    "decimal that is finer": ("DECIMAL(10,2)", [1.234], "numeric", [Decimal("1.234")]),
    "decimal that is large": ("DECIMAL(10,2)", [-(2**63), 1], "numeric", None),
    "text": ("TEXT", ["", " ", "a,b", 'a"b', "\\N", "\\.", "a\nb\r\n\tc", "é🍷", "NULL", None], "text", None),
    "varchar": ("VARCHAR(5)", ["abcde", "éééé🍷", ""], "character varying(5)", None),
    # One character per case: a column without any of them is sent without quotes.
    "text with nothing": ("TEXT", ["", "x", None], "text", None),
    "text with a comma": ("TEXT", ["a,b"], "text", None),
    "text with a quote": ("TEXT", ['a"b'], "text", None),
    "text with a line": ("TEXT", ["a\nb"], "text", None),
    "text with a return": ("TEXT", ["a\rb"], "text", None),
    "text with an end": ("TEXT", ["\\."], "text", None),
    "text with spaces": ("TEXT", [" a ", "\t", None], "text", None),
    "varchar that is longer": ("VARCHAR(3)", ["abcd"], "text", None),
    "nocase": ("TEXT COLLATE NOCASE", ["Ab", "aB"], "text", None),
    "blob": ("BLOB", [b"", b"\x00\xff", b"text"], "bytea", None),
    "texts in blob": ("BLOB", ["a"], "text", None),
    "blobs in text": ("TEXT", [b"\x00", None], "bytea", None),
    "undeclared": ("", [1, "a", 2.5], "text", ["1", "a", "2.5"]),
    "undeclared numbers": ("", [1, 2.5], "double precision", [1.0, 2.5]),
    "undeclared, large": ("", [2**60 + 1, 0.5], "numeric", [2**60 + 1, Decimal("0.5")]),
    "unknown word": ("STRING", ["x", "y"], "text", None),
    "unknown word with numbers": ("STRING", ["x", 5], "text", ["x", "5"]),
    "nothing at all": ("WHATEVER", [None], "text", None),
    "date": ("DATE", ["2024-02-29", "0001-01-01", "9999-12-31"], "date", [date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31)]),
    "date with a time": ("DATE", ["2024-02-29 10:00"], "timestamp without time zone", [datetime(2024, 2, 29, 10)]),
    "datetime": ("DATETIME", ["2024-02-29 10:11:12", "2024-02-29T10:11:12.5", "2024-02-29", "2024-02-29 10:11", "1999-12-31 23:59:59.999999000"], "timestamp without time zone", [datetime(2024, 2, 29, 10, 11, 12), datetime(2024, 2, 29, 10, 11, 12, 500_000), datetime(2024, 2, 29), datetime(2024, 2, 29, 10, 11), datetime(1999, 12, 31, 23, 59, 59, 999_999)]),
    "datetime with zones": ("TIMESTAMP", ["2024-02-29 10:00:00+02:00", "2024-02-29T10:00:00Z", "2024-02-29 10:00:00", "2024-02-29 10:00-0330"], "timestamp with time zone", [datetime(2024, 2, 29, 8, tzinfo=UTC), datetime(2024, 2, 29, 10, tzinfo=UTC), datetime(2024, 2, 29, 10, tzinfo=UTC), datetime(2024, 2, 29, 13, 30, tzinfo=UTC)]),
    "datetime with hours of zones": ("TIMESTAMP", ["2024-02-29 10:00+02", "2024-02-29 10:00-03"], "timestamp with time zone", [datetime(2024, 2, 29, 8, tzinfo=UTC), datetime(2024, 2, 29, 13, tzinfo=UTC)]),
    "unix seconds": ("DATETIME", [UNIX, 0, -1.5, UNIX + 0.25], "timestamp with time zone", [THEN, datetime(1970, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC), THEN.replace(microsecond=250_000)]),
    "milliseconds": ("TIMESTAMP", [UNIX * 1000 + 5], "timestamp with time zone", [THEN.replace(microsecond=5000)]),
    "microseconds": ("TIMESTAMP", [UNIX * 10**6 + 7], "timestamp with time zone", [THEN.replace(microsecond=7)]),
    "julian days": ("DATETIME", [2460263.4259259259, 2451545.0], "timestamp with time zone", [THEN, datetime(2000, 1, 1, 12, tzinfo=UTC)]),
    "time": ("TIME", ["10:11:12", "23:59", "01:02:03.5"], "time without time zone", [time(10, 11, 12), time(23, 59), time(1, 2, 3, 500_000)]),
    "uuid": ("UUID", ["00112233-4455-6677-8899-AABBCCDDEEFF", "00112233445566778899aabbccddeeff", SIXTEEN], "uuid", [UUID("00112233-4455-6677-8899-aabbccddeeff")] * 2 + [UUID(bytes=SIXTEEN)]),
    "json": ("JSON", ['{"b": 1,"a":[null,"\\u00e9"]}', "[]", "5", "1.5", '"x"', "null"], "json", [{"b": 1, "a": [None, "é"]}, [], 5, 1.5, "x", None]),
    "jsonb": ("JSONB", ['{"bb":1.50,"a":-0.0, "a":1E2,"é":"\\u0007\\n\\"/\\\\"}', '"\\\\u0000"', '"\\u005cu0000"'], "jsonb", None),
}  # fmt: skip

# Declared type, values of which the last is rejected, and the reason.
REJECTED: dict[str, tuple[str, list[Any], str]] = {
    "empty text in integer": ("INTEGER", [1, ""], "is an empty text, not a whole number"),
    "text in integer": ("INTEGER", [1, "abc"], "is a text, not a whole number"),
    "blob in integer": ("INTEGER", [1, b"\x01"], "is a blob, not a whole number"),
    "empty text in real": ("REAL", [1.5, ""], "is an empty text, not a number"),
    "empty text in decimal": ("DECIMAL(5,1)", [1.5, ""], "is an empty text, not a number"),
    "blob in text": ("TEXT", ["a", b"\x00"], "is a blob, not a text"),
    "text in blob": ("BLOB", [b"a", "b"], "is a text, not a blob"),
    "real in blob": ("BLOB", [b"a", 0.5], "is a real, not a blob"),
    "NUL": ("TEXT", ["a", "b\0c"], "contains a NUL byte, which Postgres does not allow in texts"),
    "no UTF-8": ("TEXT", ["a", ("invalid", b"caf\xe9")], "is a text, but not UTF-8"),
    "blob of a digit in real": ("REAL", [1.5, b"1"], "is a blob, not a number"),
    "date and time with a space": ("DATETIME", ["2024-02-29 10:00:00", "2024-02-29 10:00:00 "], "is not a date or time"),
    "date with a time and a space": ("DATE", ["2024-02-29 10:00", "2024-02-29 10:00:00.5 "], "is not a date or time"),
    "NUL in jsonb that is hidden": ("JSONB", ["{}", '{"a": "\\u0000", "a": 1}'], "contains a character that jsonb does not allow"),
    "half a surrogate pair": ("TEXT", ["a", ("invalid", b"\xed\xa0\x80")], "is a text, but not UTF-8"),
    "two in boolean": ("BOOLEAN", [0, 1, 2], "is neither 0 nor 1"),
    "no day": ("DATE", ["2024-02-29", "2023-02-29"], "is not a valid date or time"),
    "day zero": ("DATETIME", ["0000-00-00 00:00:00"], "is not a valid date or time"),
    "empty date": ("DATE", ["2024-02-29", ""], "is an empty text, not a date or time"),
    "American date": ("DATETIME", ["02/29/2024"], "is not a date or time"),
    "nanoseconds": ("DATETIME", ["2024-02-29 10:00:00.123456789"], "is more precise than a microsecond"),
    "number among dates": ("DATETIME", ["2024-02-29", UNIX], "is an integer, not a timestamp without time zone"),
    "number that may be any date": ("DATETIME", [5], "is an integer, not a timestamp without time zone"),
    "no time": ("TIME", ["10:00", "25:00"], "is not a time of day"),
    "uuid": ("UUID", [SIXTEEN, b"short"], "has 5 bytes, not 16"),
    "uuid text": ("UUID", ["0011-2233"], "is a text, not a UUID"),
    "json": ("JSON", ["[1]", "[1"], "is not JSON"),
    "json constant": ("JSON", ["[NaN]"], "is not JSON"),
    "infinite decimal": ("NUMERIC", [float("inf")], "is infinite"),
    "deep json": ("JSON", ["[" * 100_000], "is not JSON"),
}  # fmt: skip
