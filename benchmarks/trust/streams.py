"""Simulated windows of one feature: counts drawn from the exact distribution, without drawing the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from benchmarks.trust.features import Feature

Doubles = NDArray[np.float64]
Counts = NDArray[np.int64]
Random = np.random.Generator

HOURS = 24
BASELINE_DAYS = 28
MONTH_DAYS = 30
CLUSTER = 20


def _nothing(_: Random, count: int) -> Doubles:
    return np.zeros(count)


@dataclass(frozen=True)
class Scenario:
    """What traffic does while nothing is wrong.

    `effects` draws how far each window's mean strays, in standard deviations of a row; together with the rows within a
    window (`spread`) the variance is 1 where windows stray at random. `cluster` rows come at a time, all alike.
    """

    name: str
    effects: Callable[[Random, int], Doubles] = _nothing
    spread: float = 1.0
    seasonal: bool = False
    cluster: int = 1
    sizes_vary: bool = False
    bad_day: bool = False
    outlier: bool = False
    stamped: bool = True


def _correlated(share: float) -> Callable[[Random, int], Doubles]:
    return lambda random, count: random.normal(0, np.sqrt(share), count)


def _autocorrelated(random: Random, count: int) -> Doubles:
    share, memory = 0.05, 0.9
    steps = random.normal(0, np.sqrt(share * (1 - memory**2)), count)
    effects = np.empty(count)
    last = random.normal(0, np.sqrt(share))
    for place in range(count):
        last = memory * last + steps[place]
        effects[place] = last
    return effects


def _student(random: Random, count: int) -> Doubles:
    return np.asarray(random.standard_t(3, count) * np.sqrt(0.05 / 3))


def _lognormal(random: Random, count: int) -> Doubles:
    draws = random.lognormal(0, 1, count)
    return np.asarray((draws - np.exp(0.5)) * np.sqrt(0.05 / (np.e * (np.e - 1))))


SCENARIOS = [
    Scenario("independent"),
    Scenario("seasonal", seasonal=True),
    Scenario("correlated .01", _correlated(0.01), np.sqrt(0.99)),
    Scenario("correlated .05", _correlated(0.05), np.sqrt(0.95)),
    Scenario("correlated .2", _correlated(0.2), np.sqrt(0.8)),
    Scenario("autocorrelated", _autocorrelated, np.sqrt(0.95)),
    Scenario("clustered", cluster=CLUSTER, sizes_vary=True),
    Scenario("heavy tails (t3)", _student, np.sqrt(0.95)),
    Scenario("heavy tails (lognormal)", _lognormal, np.sqrt(0.95)),
    Scenario("one bad day", bad_day=True),
    Scenario("one value of 1e6", outlier=True),
    Scenario("no time stamps", stamped=False),
    Scenario("no time stamps, correlated .05", _correlated(0.05), np.sqrt(0.95), stamped=False),
]


@dataclass(frozen=True)
class Change:
    """What goes wrong: a shift in standard deviations of a row, shares of new values and of values gone missing."""

    name: str
    shift: float = 0.0
    new_values: float = 0.0
    missing: float = 0.0


NO_CHANGE = Change("none")
CHANGES = [
    Change("shift .1 sd", shift=0.1),
    Change("shift .25 sd", shift=0.25),
    Change("new value 5 %", new_values=0.05),
    Change("missing +5 points", missing=0.05),
]


@dataclass(frozen=True)
class Windows:
    """Windows of one feature: `counts` of its values (windows by values), and `rows` with those without a value."""

    counts: Counts
    rows: Counts
    hours: Counts = field(repr=False)

    @property
    def present(self) -> Counts:
        """Rows with a value, of each window."""
        return np.asarray(self.counts.sum(axis=1))


@dataclass(frozen=True)
class Stream:
    """Draws the windows of one feature in one scenario; the effects go on where the previous windows ended."""

    feature: Feature
    scenario: Scenario
    rows: int
    random: Random

    def month(self, days: int, change: Change = NO_CHANGE, baseline: bool = False) -> Windows:
        """Hourly windows of so many days."""
        scenario, feature, random = self.scenario, self.feature, self.random
        count = days * HOURS
        hours = np.arange(count) % HOURS
        means = scenario.effects(random, count) + change.shift
        strayed = scenario.effects(random, count)
        if scenario.seasonal:
            means = means + 0.3 * np.sin(2 * np.pi * hours / HOURS)
        gone = ndtr((ndtri(feature.missing) + strayed) / scenario.spread) if feature.missing else np.zeros(count)
        gone = gone + change.missing * (1 - gone)
        if baseline and scenario.bad_day:
            day = slice(10 * HOURS, 11 * HOURS)
            means[day] += 1.0
            gone[day] += 0.2 * (1 - gone[day])
        units = self._sizes(hours) // scenario.cluster
        present = units - random.binomial(units, gone)
        new = random.binomial(present, change.new_values) if not feature.numeric else np.zeros(count, dtype=np.int64)
        counts = random.multinomial(present - new, feature.probabilities(means, scenario.spread))
        counts[:, -1] += new
        counts, totals = counts * scenario.cluster, units * scenario.cluster
        if scenario.outlier and baseline and feature.numeric:
            counts = with_outlier(counts, np.array([5 * HOURS]))
        return Windows(counts, totals, hours)

    def _sizes(self, hours: Counts) -> Counts:
        if not self.scenario.sizes_vary:
            return np.full(len(hours), self.rows)
        wave = 3.0 ** np.sin(2 * np.pi * hours / HOURS)
        return np.asarray(np.rint(self.rows * wave * self.random.uniform(0.9, 1.1, len(hours))), dtype=np.int64)


def with_outlier(counts: Counts, places: Counts) -> Counts:
    """The same windows, with one row's value at these places replaced by the outlier."""
    changed = counts.copy()
    changed[places, changed[places, :-1].argmax(axis=1)] -= 1
    changed[places, -1] += 1
    return changed
