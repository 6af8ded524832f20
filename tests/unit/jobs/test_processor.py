"""On which processors numpy is told to leave AVX-512 alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_monitor_jobs.processor import choose_sort

ENTRY = "processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nflags\t\t: fpu avx2 {flag}\n\nprocessor\t: 1\n"
ZEN_4 = ENTRY.format(vendor="AuthenticAMD", family=25, flag="avx512f")
VARIABLE = "NPY_DISABLE_CPU_FEATURES"


def chosen(folder: Path, description: str, environment: dict[str, str]) -> dict[str, str]:
    file = folder / "cpuinfo"
    file.write_text(description)
    choose_sort(environment, file)
    return environment


def test_zen_4_sorts_without_avx512(tmp_path: Path) -> None:
    assert chosen(tmp_path, ZEN_4, {}) == {VARIABLE: "X86_V4 AVX512_ICL"}


@pytest.mark.parametrize(
    ("vendor", "family", "flag"),
    [("GenuineIntel", 6, "avx512f"), ("AuthenticAMD", 25, "sse2"), ("AuthenticAMD", 26, "avx512f")],
    ids=["Intel", "Zen 3", "Zen 5"],
)
def test_others_sort_as_numpy_likes(tmp_path: Path, vendor: str, family: int, flag: str) -> None:
    assert chosen(tmp_path, ENTRY.format(vendor=vendor, family=family, flag=flag), {}) == {}


def test_what_the_environment_says_stays(tmp_path: Path) -> None:
    assert chosen(tmp_path, ZEN_4, {VARIABLE: ""}) == {VARIABLE: ""}


def test_without_a_description_nothing_is_chosen(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    choose_sort(environment, tmp_path / "missing")
    assert environment == {}
