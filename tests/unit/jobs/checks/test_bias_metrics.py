"""Bias metrics from counts are those of the rows, by formulas written for rows, and by scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from model_monitor_jobs.checks.bias.errors import error
from model_monitor_jobs.checks.bias.metrics import DISTANCES, LABEL_FREE, on_scale, support, values
from model_monitor_jobs.checks.bias.performance import DESCRIPTIONS, performance
from model_monitor_jobs.checks.bias.tables import Outcomes
from model_monitor_jobs.profiles.bias import MOST_VALUES, UNKNOWN, BiasCounts, BiasProblem, BiasRows, Facet, Selection
from model_monitor_jobs.profiles.bias.rows import Values

Mask = Any
SIGNED = ("AD", "CI", "DAR", "DCA", "DCR", "DPL", "DPPL", "DRR", "RD", "SD", "TE")
SIZES = ("EOD", "EOR", "GE", "JS", "KS", "LP", "TVD")
EVERY = sorted([*SIGNED, *SIZES, "CDDL", "CDDPL", "DI", "KL"])
WITHIN_ONE = ("AD", "CDDL", "CDDPL", "CI", "DAR", "DPL", "DPPL", "DRR", "RD", "SD")


def problem(facets: int = 1, **settings: Any) -> BiasProblem:
    every = tuple(Facet(f"facet {place}", Selection(values=("d",))) for place in range(facets))
    return BiasProblem(every, Selection(values=("1",)), **settings)


def rows_of(
    sides: Any, label: Any, answer: Any, strata: Any = None, names: tuple[str, ...] = (), written: Values | None = None
) -> BiasRows:
    disadvantaged = np.atleast_2d(np.asarray(sides, dtype=np.bool_))
    return BiasRows(
        disadvantaged,
        np.ones_like(disadvantaged),
        np.asarray(label, dtype=np.int64),
        np.asarray(answer, dtype=np.int64),
        None if strata is None else Values(np.asarray(strata, dtype=np.int64), names),
        written,
        np.zeros(disadvantaged.shape[1], dtype=np.int64),
    )


def counted(rows: BiasRows, codes: Any = None, groups: int = 1, *, every_label: bool = False) -> BiasCounts:
    made = BiasCounts.empty(
        problem(len(rows.disadvantaged), stratified_by="job" if rows.strata else None, every_label=every_label), groups
    )
    made.update(rows, np.zeros(len(rows), dtype=np.int64) if codes is None else codes)
    return made


def drawn(seed: int, count: int, *, known: float = 1.0) -> BiasRows:
    random = np.random.RandomState(seed)
    shares = random.choice([0.1, 0.5, 0.8], 3)
    sides, label, answer = (random.rand(3, count) < shares[:, np.newaxis]).astype(np.int64)
    label[random.rand(count) > known] = UNKNOWN
    answer[random.rand(count) > known] = UNKNOWN
    other = random.rand(count) < 0.4
    return rows_of([sides, other], label, answer, random.randint(-1, 3, count), ("a", "b", "c"))


def divided(part: float, whole: float) -> float:
    if whole:
        return part / whole
    return math.inf if part else 0.0


def less(left: float, right: float) -> float:
    return 0.0 if left == right else left - right


def by_hand(d: Mask, label: Mask, answer: Mask, strata: Mask) -> dict[str, float]:
    """Every metric by its definition, NaN where it has none; of rows of which all is known but strata of -1."""
    a, y, hat = ~d, label == 1, answer == 1
    na, nd = a.sum(), d.sum()
    made = dict.fromkeys(EVERY, math.nan)
    benefits = hat.astype(float) - y + 1
    if len(y) and benefits.mean():
        made["GE"] = float(np.mean((benefits / benefits.mean()) ** 2 - 1) / 2)
    for name, outcome in (("CDDL", y), ("CDDPL", hat)):
        inside = strata >= 0
        if (outcome & inside).any() and (~outcome & inside).any():
            total = 0.0
            for stratum in np.unique(strata[inside]):
                here = strata == stratum
                rejected = divided((here & d & ~outcome).sum(), (here & ~outcome).sum())
                total += here.sum() * (rejected - divided((here & d & outcome).sum(), (here & outcome).sum()))
            made[name] = total / inside.sum()
    shared = [value for value in (False, True) if (y[a] == value).any() and (y[d] == value).any()]
    if shared:
        first = np.array([(y[a] == value).mean() for value in shared])
        second = np.array([(y[d] == value).mean() for value in shared])
        middle = (first + second) / 2
        made["KL"] = float((first * np.log(first / second)).sum())
        made["JS"] = float((first * np.log(first / middle) + second * np.log(second / middle)).sum() / 2)
        made["LP"], made["TVD"] = float(np.linalg.norm(first - second)), float(np.abs(first - second).sum() / 2)
        made["KS"] = float(np.abs(first - second).max())
    if not (na and nd):
        return made

    def per_side(measured: Callable[[Mask], float]) -> tuple[float, float]:
        return measured(a), measured(d)

    made["CI"] = (na - nd) / (na + nd)
    for name, of_side, turned in (
        ("DPL", lambda side: divided((side & y).sum(), side.sum()), False),
        ("DPPL", lambda side: divided((side & hat).sum(), side.sum()), False),
        ("AD", lambda side: divided((side & (y == hat)).sum(), side.sum()), False),
        ("RD", lambda side: divided((side & y & hat).sum(), (side & y).sum()), False),
        ("SD", lambda side: divided((side & ~y & ~hat).sum(), (side & ~y).sum()), True),
        ("DAR", lambda side: divided((side & y & hat).sum(), (side & hat).sum()), False),
        ("DRR", lambda side: divided((side & ~y & ~hat).sum(), (side & ~hat).sum()), True),
        ("DCA", lambda side: divided((side & y).sum(), (side & hat).sum()), False),
        ("DCR", lambda side: divided((side & ~y).sum(), (side & ~hat).sum()), True),
        ("TE", lambda side: divided((side & y & ~hat).sum(), (side & ~y & hat).sum()), True),
    ):
        first_side, second_side = per_side(of_side)
        made[name] = less(second_side, first_side) if turned else less(first_side, second_side)
    made["DI"] = divided((d & hat).mean() / d.mean(), (a & hat).mean() / a.mean())
    if all((side & y).any() and (side & ~y).any() for side in (a, d)):
        true = per_side(lambda side: hat[side & y].mean())
        false = per_side(lambda side: hat[side & ~y].mean())
        made["EOD"] = max(abs(true[0] - true[1]), abs(false[0] - false[1]))
        made["EOR"] = min(min(pair) / max(pair) if max(pair) else 1.0 for pair in (true, false))
    return made


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 60))
def test_metrics_are_those_of_the_rows(seed: int, count: int) -> None:
    rows = drawn(seed, count)
    found = values(counted(rows))
    assert list(found) == EVERY
    for place, sides in enumerate(rows.disadvantaged):
        assert rows.strata is not None
        for name, expected in by_hand(sides, rows.label, rows.predicted, rows.strata.codes).items():
            np.testing.assert_allclose(found[name][0, place], expected, rtol=1e-12, atol=1e-12, err_msg=name)


def test_of_partly_known_rows_each_metric_takes_those_that_it_needs() -> None:
    rows = drawn(11, 2_000, known=0.7)
    found = values(counted(rows))
    assert rows.strata is not None
    strata, sides = rows.strata.codes, rows.disadvantaged[0]
    labelled, answered = rows.label != UNKNOWN, rows.predicted != UNKNOWN
    of_labels = by_hand(sides[labelled], rows.label[labelled], rows.label[labelled], strata[labelled])
    of_answers = by_hand(sides[answered], rows.predicted[answered], rows.predicted[answered], strata[answered])
    both = labelled & answered
    of_both = by_hand(sides[both], rows.label[both], rows.predicted[both], strata[both])
    for name in EVERY:
        expected = of_both[name]
        if name in LABEL_FREE:
            expected = of_answers[name]
        elif name in {"CDDL", "DPL", *DISTANCES}:
            expected = of_labels[name]
        if name == "CI":
            expected = float(1 - 2 * sides.mean())
        assert found[name][0, 0] == pytest.approx(expected, abs=1e-12), name


def test_groups_are_measured_apart() -> None:
    rows = drawn(12, 500)
    codes = np.random.RandomState(1).randint(0, 6, len(rows))
    found = values(counted(rows, codes, 6))
    for group in range(6):
        alone = values(counted(rows.at(codes == group)))
        for name in EVERY:
            np.testing.assert_allclose(found[name][group], alone[name][0], err_msg=name)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 80))
def test_turning_the_sides_round_turns_the_signs(seed: int, count: int) -> None:
    rows = drawn(seed, count)
    turned = rows_of(~rows.disadvantaged, rows.label, rows.predicted, None)
    plain = rows_of(rows.disadvantaged, rows.label, rows.predicted, None)
    found, other = values(counted(plain)), values(counted(turned))
    for name in SIGNED:
        np.testing.assert_allclose(other[name], -found[name], atol=1e-15, err_msg=name)
    for name in SIZES:
        np.testing.assert_allclose(other[name], found[name], atol=1e-15, err_msg=name)
    both = np.isfinite(found["DI"]) & (found["DI"] > 0)
    np.testing.assert_allclose(other["DI"][both], 1 / found["DI"][both])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 80))
def test_metrics_keep_their_bounds(seed: int, count: int) -> None:
    found = values(counted(drawn(seed, count)))

    def known(name: str) -> Any:
        return found[name][~np.isnan(found[name])]

    for name in WITHIN_ONE:
        assert (np.abs(known(name)) <= 1).all(), name
    for name in ("EOD", "EOR", "KS", "TVD"):
        assert (known(name) >= 0).all(), name
        assert (known(name) <= 1).all(), name
    for name in ("DI", "GE", "LP"):
        assert (known(name) >= 0).all(), name
    assert (known("JS") >= -1e-15).all()
    assert (known("JS") <= math.log(2)).all()


def test_divided_by_zero_is_as_in_clarify() -> None:
    """Three on either side; nobody on the advantaged side gets a positive answer, nobody is a false positive."""
    found = values(counted(rows_of([0, 0, 0, 1, 1, 1], [1, 1, 0, 1, 1, 0], [0, 0, 0, 1, 0, 0])))
    flat = {name: float(column[0, 0]) for name, column in found.items()}
    assert flat["DI"] == math.inf
    assert flat["DCA"] == math.inf
    assert flat["TE"] == 0.0
    assert flat["DAR"] == -1.0
    assert flat["EOR"] == 0.0
    none = values(counted(rows_of([0, 0, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0])))
    assert (float(none["DI"][0, 0]), float(none["DPPL"][0, 0])) == (0.0, 0.0)
    assert float(none["EOR"][0, 0]) == 1.0


def test_kullback_leibler_is_negative_where_an_outcome_is_on_one_side_only() -> None:
    """Of all positives on one side and 3 of 5 on the other only positives are shared, with shares of 1 and .6."""
    found = values(counted(rows_of([1, 0, 0, 0, 0, 0], [1, 1, 1, 0, 1, 0], [1] * 6)))
    assert found["KL"][0, 0] == pytest.approx(0.6 * math.log(0.6))
    assert found["LP"][0, 0] == pytest.approx(0.4)
    assert found["TVD"][0, 0] == pytest.approx(0.2)
    disjoint = values(counted(rows_of([0, 0, 1, 1], [1, 1, 0, 0], [1] * 4)))
    assert all(np.isnan(disjoint[name]).all() for name in DISTANCES)


def test_equalized_odds_are_fairlearns() -> None:
    """Values of fairlearn 0.15.0. By hand: true positive rates 3/4 and 1/3, false positive rates 1/4 and 2/5."""
    label = [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0]
    answer = [1, 1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0]
    found = values(counted(rows_of([0] * 8 + [1] * 8, label, answer)))
    assert found["EOD"][0, 0] == pytest.approx(0.4166666666666667, abs=1e-15)
    assert found["EOR"][0, 0] == pytest.approx(0.4444444444444444, abs=1e-15)


def test_distances_over_all_label_values() -> None:
    """Of three values the first two are shared."""
    written = Values(np.array([0, 0, 1, 1, 0, 1, 1, 2]), ("high", "low", "medium"))
    rows = rows_of([0, 0, 0, 0, 1, 1, 1, 1], [1, 1, 0, 0, 1, 0, 0, 0], [0] * 8, None, (), written)
    found = values(counted(rows, every_label=True))
    first, second = np.array([0.5, 0.5]), np.array([0.25, 0.5])
    assert found["KL"][0, 0] == pytest.approx(float((first * np.log(first / second)).sum()))
    assert found["LP"][0, 0] == found["KS"][0, 0] == 0.25
    assert found["TVD"][0, 0] == 0.125
    assert found["DPL"][0, 0] == 0.25


def test_performance_is_scikit_learns() -> None:
    rows = drawn(13, 400)
    outcomes = Outcomes.of(counted(rows).table[0])
    label, answer, sides = rows.label, rows.predicted, rows.disadvantaged[0]
    for confusion, chosen in (
        (outcomes.confusion[0].sum(axis=0), np.ones(400, dtype=bool)),
        (outcomes.confusion[0, 1], sides),
    ):
        found, y, hat = performance(confusion), label[chosen], answer[chosen]
        expected = (
            oracle.accuracy_score(y, hat),
            hat.mean(),
            1 - hat.mean(),
            oracle.recall_score(y, hat),
            oracle.recall_score(y, hat, pos_label=0),
            oracle.precision_score(y, hat),
            oracle.precision_score(y, hat, pos_label=0),
            y.sum() / hat.sum(),
            (1 - y).sum() / (1 - hat).sum(),
            oracle.f1_score(y, hat),
        )
        assert [float(value) for value in found.values()] == pytest.approx(list(expected))
        assert list(found) == list(DESCRIPTIONS)


def test_support_is_the_smaller_side_of_what_a_metric_rests_on() -> None:
    rows = drawn(14, 300)
    found = support(counted(rows))[1]
    d, y, hat = rows.disadvantaged[1], rows.label == 1, rows.predicted == 1
    expected = {
        "CI": np.ones(300, dtype=bool),
        "RD": y,
        "SD": ~y,
        "DAR": hat,
        "DRR": ~hat,
        "DCA": hat,
        "DCR": ~hat,
        "TE": ~y & hat,
        "DI": np.ones(300, dtype=bool),
    }
    for name, inside in expected.items():
        assert found[name] == min((inside & d).sum(), (inside & ~d).sum()), name
    assert found["EOD"] == min(found["RD"], found["SD"])
    assert found["GE"] == 300
    assert rows.strata is not None
    inside = rows.strata.codes >= 0
    assert found["CDDL"] == min((inside & d).sum(), (inside & ~d).sum())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CI", "CI: facet set is empty. Check that x[facet] has non-zero length."),
        ("DPL", "Facet set is empty."),
        ("DI", "Facet set is empty"),
        ("DCR", "DCO: Facet set is empty"),
        ("DRR", "DLR: Facet set is empty"),
        ("SD", "DLA: Facet set is empty"),
        ("TE", "Facet set is empty"),
        ("KL", "No instance of common facet found, dataset may be too small"),
        ("CDDL", "Group variable is empty or not provided"),
        ("EOD", "a side of the facet has no positive or no negative labels"),
    ],
)
def test_errors_are_in_clarifys_words(name: str, text: str) -> None:
    counts = counted(rows_of([0, 0], [0, 1], [0, 1]))
    assert np.isnan(values(counts)[name][0, 0])
    assert error(counts, name, 0) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CI", "CI: negated facet set is empty. Check that x[~facet] has non-zero length."),
        ("DPPL", "Negative facet set is empty."),
        ("DI", "Negated facet set is empty"),
        ("AD", "Negated Facet set is empty"),
    ],
)
def test_an_empty_advantaged_side_is_said(name: str, text: str) -> None:
    assert error(counted(rows_of([1, 1], [0, 1], [0, 1])), name, 0) == text


def test_undefined_disparity_and_entropy_are_said() -> None:
    strata, names = [0, 0], ("a",)
    counts = counted(rows_of([0, 1], [1, 1], [0, 0], strata, names))
    assert error(counts, "CDDL", 0) == "No negative labels in set"
    assert error(counts, "CDDPL", 0) == "No positive labels in set"
    assert np.isnan(values(counts)["GE"]).all()
    assert error(counts, "GE", 0).startswith("All predicted labels are false negatives.")
    assert error(counted(rows_of([0, 1], [1, UNKNOWN], [UNKNOWN, 0])), "GE", 0) == "dataset must be non-empty"
    many = tuple(f"{place:03}" for place in range(MOST_VALUES + 1))
    counts = counted(rows_of([0, 1], [1, 0], [0, 1], strata, many))
    assert np.isnan(values(counts)["CDDL"]).all()
    assert error(counts, "CDDL", 0) == "the group variable has more than 256 values"
    written = Values(np.array(strata), many)
    counts = counted(rows_of([0, 1], [1, 0], [0, 1], None, (), written), every_label=True)
    assert np.isnan(values(counts)["JS"]).all()
    assert error(counts, "JS", 0) == "the label has more than 256 values"


def test_ratios_are_judged_by_their_logarithm_and_divergences_by_their_root() -> None:
    ratios = np.array([0.5, 1.0, 2.0, 0.0, math.inf])
    log = math.log(2)
    np.testing.assert_allclose(on_scale("DI", ratios), [log, 0.0, log, math.inf, math.inf])
    np.testing.assert_allclose(on_scale("JS", np.array([0.04, 0.0])), [0.2, 0.0])
    np.testing.assert_allclose(on_scale("KL", np.array([-0.04])), [-0.2])
    np.testing.assert_allclose(on_scale("TE", np.array([-3.0])), [-3.0])
