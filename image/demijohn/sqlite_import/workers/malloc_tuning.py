"""How memory is given back: large values at once, and no search for what is not there."""

import ctypes
import gc
from contextlib import suppress

M_MMAP_THRESHOLD = -3  # malloc.h of glibc
LARGE_BYTES = 4 << 20
NEW_OBJECTS = 50_000


def return_large_blocks() -> None:
    """Let malloc map blocks of 4 MB and more one by one, and unmap them when they are freed.

    By itself glibc raises that limit to the largest block that was ever freed, 32 MB at most: what
    is smaller then stays in its heaps, in pieces (mallopt(3)). Other libraries are left alone.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def collect_garbage_rarely() -> None:
    """Rows are no garbage that goes round in circles: looking for some takes time and finds none.

    By default Python looks whenever there are 700 objects more: once every few hundred rows.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
