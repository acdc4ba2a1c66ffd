"""How wide a timeline's buckets are: round widths, and never more than 200 of them."""

from datetime import UTC, datetime
from itertools import count

MOST = 200

MINUTE, HOUR, DAY = 60, 3600, 86400
WIDTHS = [
    *(1, 2, 5, 10, 15, 30),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 3, 6, 12)),
    *(n * DAY for n in (1, 2, 5, 10, 30)),
]


def width_for(first: datetime, last: datetime) -> int:
    """The narrowest round width, in seconds, in which `first` to `last` make up to 200 buckets.

    Buckets begin at multiples of their width since 1970, so a minute's begin with the minute.
    """
    longer = (n * WIDTHS[-1] for n in count(2))
    for widths in (WIDTHS, longer):
        for width in widths:
            if number_of(last, width) - number_of(first, width) < MOST:
                return width
    raise AssertionError("there is always a longer width")


def number_of(moment: datetime, width: int) -> int:
    """Which bucket of `width` seconds holds `moment`, counted from 1970."""
    return int(moment.timestamp() // width)


def start_of(number: int, width: int) -> datetime:
    """When a bucket begins."""
    return datetime.fromtimestamp(number * width, UTC)
