"""The buckets of a timeline: they have round widths, and there are at most 200."""

from datetime import UTC, datetime
from itertools import count

MAX_BUCKETS = 200

MINUTE, HOUR, DAY = 60, 3600, 86400
WIDTHS = [
    *(1, 2, 5, 10, 15, 30),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 3, 6, 12)),
    *(n * DAY for n in (1, 2, 5, 10, 30)),
]


def width_for(first: datetime, last: datetime) -> int:
    """The smallest round width, in seconds, with which `first` to `last` fit into 200 buckets.

    Buckets begin at multiples of their width since 1970, so that those of a minute begin at the
    full minute.
    """
    longer = (n * WIDTHS[-1] for n in count(2))
    for widths in (WIDTHS, longer):
        for width in widths:
            if number_of(last, width) - number_of(first, width) < MAX_BUCKETS:
                return width
    raise AssertionError("there is always a longer width")


def number_of(moment: datetime, width: int) -> int:
    """The number of the bucket of `width` seconds that contains `moment`, counted from 1970."""
    return int(moment.timestamp() // width)


def start_of(number: int, width: int) -> datetime:
    """The time at which a bucket begins."""
    return datetime.fromtimestamp(number * width, UTC)
