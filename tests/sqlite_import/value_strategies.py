"""Hypothesis strategies for SQLite values, most of them almost valid: spaces, other digits."""

from collections.abc import Sequence
from itertools import product

from demijohn.sqlite_import.model.invalid_text import HalfSurrogateText, InvalidText
from hypothesis import strategies as st

AROUND = ("", "", "", "", " ", "\t", "\n", "\r\n", "\xa0", "\0", "\u2009", "'", "+", "-", "x")
NUMBERS = (
    *("0", "1", "00", "007", "12", "1_000", "1,000", "1.", ".5", "1.50", "0.1", ".", "1e3", "1E+2"),
    *("1e-7", "1e", "1e5000", "1e400", "1e99999", "0x1f", "0b1", "1f", "1L", "12345.678", "1.5e0"),
    *(
        "inf",
        "Infinity",
        "nan",
        "NaN",
        "sNaN",
        "\u0663",
        "\uff11\uff12",
        "1²",
        "½",
        "9223372036854775808",
    ),
    *("9223372036854775807", "32768", "2147483648", "9007199254740993", "123456.789", "3.4e38"),
    *("92233720368547758.07", "92233720368547758.08", "-92233720368547758.08", "99999999999999999"),
)
WORDS = (
    *("", "t", "T", "f", "true", "False", "yes", "Y", "no", "on", "OFF", "o", "tr", "null", "ok"),
    *("sad", "Sad", "today", "now", "epoch", "infinity", "-infinity", "allballs", "1 day", "P1D"),
    *('{"a": 1}', "[1, 2", "[1]", '{"b":1,"a":2,"b":3}', '"\\u0000"', '"\\ud800"', "[1e3]"),
    *('"\\ud83d\\ude00"', "[NaN]", "-0", "[-0.0]", "[1E400]", '"é"', "[01]", '{"a":1,}', "'a'"),
    *(
        '"\t"',
        "\ufeff[1]",
        "1 2",
        '{"a":"\\u0000","a":1}',
        "[" * 30 + "]" * 30,
        '"\\u005Cu0000"',
        "ab  ",
        "éé",
        "ééé ",
        "🍷",
    ),
    *("\\x00", "\\N", "\\.", 'a"b', "a,b", "it's \\", "2001:db8::1", "10.0.0.1/8"),
    *("00112233-4455-6677-8899-aabbccddeeff", "00112233445566778899AABBCCDDEEFF"),
    *("{00112233-4455-6677-8899-aabbccddeeff}", "{00112233445566778899aabbccddeeff"),
    *("0011-2233-4455-6677-8899-aabb-ccdd-eeff", "urn:uuid:00112233-4455-6677-8899-aabbccddeeff"),
    *("00112233-4455-6677-8899-aabbccddeef", "{00112233445566778899aabbccddeeff}", "{}", "{", "}"),
    *("00112233-44556677-8899-aabbccddeeff", "\u06600112233445566778899aabbccddeeff"),
)
DAYS = (
    *("2024-02-29", "2023-02-29", "0001-01-01", "0000-01-01", "9999-12-31", "1970-01-01"),
    *("2024-2-9", "20240229", "2024/02/29", "2024-13-01", "-2024-01-01", "10000-01-01", "24-01-01"),
    *("\uff12024-01-01", "2024-W09-4", "2024-060", "2024_02-29", "2024-02-29 BC", "+024-01-01"),
)
BETWEEN = (" ", " ", "T", "t", "  ", "\t", "", "_")
CLOCKS = (
    *("00:00:00", "10:11:12", "23:59:59", "24:00:00", "23:59:60", "10:11", "24:00", "10", "101112"),
    *("10:60:00", "10:11:12:13", "-1:00:00", "+1:02:03", "1:02:03", "10:11:1", "\uff110:11:12"),
    *("10.11.12", "10:11:+2"),
)
FRACTIONS = (
    *("", "", "", ".", ".5", ".000000", ".123456", ".1234567", ".123000000", ".1234567890"),
    *(",5", ".1_2", ".\u0663", ".999999999", ". 5", ".000"),
)
ZONES = (
    *("", "", "", "Z", "z", " Z", "+02:00", "-0330", "+05", " +01:00", "  Z", "+2", "+15:59"),
    *("+16:00", "-15:60", "+02:00:30", "UTC", " UTC", "+ 2", "-00:00", "+1_:00", "+\u06602"),
)


def join_parts(*parts: Sequence[str]) -> st.SearchStrategy[str]:
    """Texts that consist of one element of each sequence."""
    return st.tuples(*map(st.sampled_from, parts)).map("".join)


TEXTS = st.one_of(
    join_parts(AROUND, NUMBERS, AROUND),
    join_parts(AROUND, WORDS, AROUND),
    join_parts(AROUND, DAYS, AROUND),
    join_parts(AROUND, CLOCKS, FRACTIONS, ZONES, AROUND),
    join_parts(("", "", "", " "), DAYS, BETWEEN, CLOCKS, FRACTIONS, ZONES, AROUND),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=4),
)
EDGES = [
    sign * (1 << bits) + more for bits, sign, more in product((15, 31, 53), (1, -1), (-1, 0, 1))
]
VALUES = st.one_of(
    TEXTS,
    TEXTS.map(str.encode),
    TEXTS.map(lambda text: InvalidText(text.encode() + b"\xff")),
    TEXTS.map(lambda text: HalfSurrogateText(text.encode() + b"\\ud83d")),
    st.binary(max_size=17),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.integers(-3, 3),
    st.sampled_from([*EDGES, (1 << 63) - 1, -(1 << 63), 1_700_000_000, 1_700_000_000_123]),
    st.floats(allow_nan=False),
    st.sampled_from([0.1, -0.0, 1.0, 0.5, 1e15, 1e16, 1e-7, 2.0**53, 2.0**63, 2460263.4259259259]),
    st.floats(-1e5, 1e5, width=32),
    st.floats(0, 6e6),
)
# Found before: values that only the encoder or only the checksum accepted, or Postgres rejected.
REGRESSIONS = (
    *("2020-01-01 00:00:00 ", "2020-01-01 00:00:00.5 ", "2020-01-01 00:00:00.000000 "),
    *(
        InvalidText(b"1"),
        HalfSurrogateText(b"1"),
        b"1",
        b"inf",
        -0.0,
        1.0000001,
        "+024-01-01 10:11:12",
        "2024-02-29 +1:02:03",
    ),
    *('"\\u005Cu0000"', '{"a": "\\u0000", "a": 1}', '{"a": {"b": ["\\ud800"]}, "a": 1}'),
    *(1e16, "92233720368547758.08", "-92233720368547758.08"),
)
