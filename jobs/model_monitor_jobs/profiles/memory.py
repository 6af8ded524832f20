"""How the C library treats the memory of arrays."""

from __future__ import annotations

from typing import Final

import numpy as np

_DOUBLES: Final = 4_000_000


def keep_freed_memory() -> None:
    """Have the C library keep freed arrays of up to 32 MB for the next ones.

    glibc gives large pieces back to the system at once, and takes each page of the next one anew: half as much time
    again for arrays of 512 KiB. When a large piece is freed it raises its limit to that size (mallopt(3),
    M_MMAP_THRESHOLD); this one is never touched, so it takes no memory.
    """
    np.empty(_DOUBLES)
