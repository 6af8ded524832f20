"""What numpy must know of the processor before it is imported."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

_VARIABLE: Final = "NPY_DISABLE_CPU_FEATURES"
_AVX512: Final = "X86_V4 AVX512_ICL"
_ONE_PROCESSOR: Final = 4_096
"""Bytes that describe at least the first processor."""


def has_slow_avx512_sort(description: str) -> bool:
    """Whether numpy sorts faster without AVX-512 on a processor, from its entry in Linux's /proc/cpuinfo.

    On Zen 4 (AMD's family 25 with AVX-512) storing the selected lanes of a register is done in microcode: numpy's
    AVX-512 sort takes four times as long as its AVX2 sort there.
    """
    entries = (line.partition(":") for line in description.split("\n\n", 1)[0].splitlines())
    found = {name.strip(): value.strip() for name, _, value in entries}
    amd = found.get("vendor_id") == "AuthenticAMD" and found.get("cpu family") == "25"
    return amd and "avx512f" in found.get("flags", "").split()


def choose_sort(environment: MutableMapping[str, str], cpuinfo: Path) -> None:
    """Have numpy leave AVX-512 alone where that is faster, unless the environment says what to leave alone."""
    try:
        with cpuinfo.open() as file:
            slow = has_slow_avx512_sort(file.read(_ONE_PROCESSOR))
    except OSError:
        return
    if slow:
        environment.setdefault(_VARIABLE, _AVX512)


def prepare() -> None:
    """Prepare this process for numpy; without effect once that is imported."""
    choose_sort(os.environ, Path("/proc/cpuinfo"))
