"""Tunes memory: large blocks are returned at once, and the garbage collector runs rarely."""

import ctypes
import gc
from contextlib import suppress

M_MMAP_THRESHOLD = -3  # malloc.h of glibc
LARGE_BYTES = 4 << 20
NEW_OBJECTS = 50_000


def return_large_blocks() -> None:
    """Let malloc map blocks of 4 MB and more one by one, and unmap them when they are freed.

    By default glibc raises that limit to the largest block that was freed, up to 32 MB. Smaller
    blocks then stay in fragmented heaps (mallopt(3)). Other libraries are not affected.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def collect_garbage_rarely() -> None:
    """Rows contain no reference cycles, so searching for them is wasted time.

    By default Python searches after every 700 new objects: every few hundred rows.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
