"""Kernel SHAP (Lundberg, Lee 2017) for many rows at once: one coalition matrix, one system of equations.

A Shapley value is a feature's share of what moves a row's answer away from that of the background. The values follow,
by a linear map that is the same for all rows, from v(S): the mean answer with the features S from the row and the
others from the background.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.coalitions import SEED, Masks, default_samples, distinct, make_coalitions
from model_monitor_jobs.attribution.composed import Composer, aligned, plain
from model_monitor_jobs.attribution.progress import Progress, fingerprint
from model_monitor_jobs.attribution.projection import Projection
from model_monitor_jobs.errors import ConfigurationError, InputError

Doubles = NDArray[np.float64]
Model = Callable[[pa.RecordBatch], Doubles]
"""From rows with the model's features to its answers, (rows, outputs), all finite."""

BLOCK: Final = 16
"""Rows after which there is progress to keep."""
MOST_COMPOSED: Final = 65_536
"""Rows that the model is given at once."""
MOST_SAMPLES: Final = 8_192
"""The time that their equations take grows with the third power: with these it is seconds."""
MOST_PLANS: Final = 64
"""Sets of varying features that are remembered."""
_NEAREST: Final = 2.0**-50
"""A probability's distance from 0 and 1 on the scale of logits, which have neither."""


@dataclass(frozen=True)
class KernelShap:
    """`samples` coalitions are asked for (None: 2·features + 2,048), at most MOST_SAMPLES, and answers are explained as
    they are or, with `use_logit`, as log odds of the mean probability."""

    samples: int | None = None
    use_logit: bool = False
    seed: int = SEED


@dataclass(frozen=True)
class Attributions:
    """Shapley values of rows: `local` is (outputs, rows, features), `expected` the background's answer, (outputs,)."""

    features: tuple[str, ...]
    local: Doubles
    expected: Doubles


def explain(
    rows: pa.RecordBatch,
    background: Background,
    model: Model,
    settings: KernelShap,
    progress: Progress | None = None,
    keep: Callable[[Progress], None] | None = None,
) -> Attributions:
    """The Shapley values of rows; the model is asked for rows·coalitions·background answers, a block at a time.

    Blocks that `progress` has are not asked for again, unless it belongs to other rows, settings or answers; `keep` is
    given the progress after each block. Raises ConfigurationError for a background that lacks a column, InputError for
    rows without any, and for answers that are no probabilities where log odds are explained.
    """
    if not rows.num_columns or not rows.num_rows:
        raise InputError("there is no row, or no feature, to explain")
    if settings.samples is not None and settings.samples < 1:
        raise ConfigurationError(f"num_samples: {settings.samples} is not 1 or more")
    rows = plain(rows)
    used = Background(aligned(plain(background.rows), rows.schema), background.weights)
    samples = min(settings.samples or default_samples(rows.num_columns), MOST_SAMPLES)
    coalitions = make_coalitions(rows.num_columns, samples, settings.seed)
    asked = _Asked(used, model, coalitions, settings.use_logit)
    expected = asked.expected()
    identity = fingerprint(rows, used.rows, used.weights, f"{samples} {settings.seed} {settings.use_logit}", expected)
    done = progress if progress is not None and progress.identity == identity else Progress(identity)
    for start in range(0, rows.num_rows, BLOCK):
        if start not in done.blocks:
            done.blocks[start] = asked.explained(rows.slice(start, BLOCK), expected)
            if keep is not None:
                keep(done)
    local = np.concatenate([done.blocks[start] for start in range(0, rows.num_rows, BLOCK)], axis=1)
    return Attributions(tuple(rows.schema.names), local, expected)


@dataclass
class _Asked:
    background: Background
    model: Model
    coalitions: Masks
    use_logit: bool
    _plans: dict[bytes, tuple[Masks, Projection]] = field(default_factory=dict)

    def expected(self) -> Doubles:
        """(outputs,)"""
        return self._linked(self.background.weights @ self.model(self.background.rows))

    def explained(self, rows: pa.RecordBatch, expected: Doubles) -> Doubles:
        """(outputs, rows, features); features that don't vary have the value 0."""
        composer = Composer.of(rows, self.background.rows)
        gains = self._linked(self.model(rows)) - expected
        local = np.zeros((len(expected), rows.num_rows, rows.num_columns))
        patterns, belongs = np.unique(composer.varying, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            places = np.flatnonzero(belongs.ravel() == number)
            features = np.flatnonzero(pattern)
            if len(features) == 1:
                local[:, places, features[0]] = gains[places].T
            elif len(features):
                masks, projection = self._plan(features)
                halves = self._halves(composer, places, features, masks)
                solved = projection.values(halves.reshape(len(masks), -1), gains[places].ravel())
                shaped = solved.reshape(len(features), len(places), len(expected))
                local[np.ix_(np.arange(len(expected)), places, features)] = shaped.transpose(2, 1, 0)
        return local

    def _plan(self, features: NDArray[np.int64]) -> tuple[Masks, Projection]:
        """Pairs of coalitions of the features that vary; those that differ in nothing else are asked for once."""
        key = features.tobytes()
        if key not in self._plans:
            masks = distinct(self.coalitions[:, features])
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            self._plans[key] = masks, Projection.of(masks)
        return self._plans[key]

    def _halves(
        self, composer: Composer, places: NDArray[np.int64], features: NDArray[np.int64], masks: Masks
    ) -> Doubles:
        """Half the differences in pairs, (pairs, rows, outputs)."""
        whole = np.zeros((2 * len(masks), composer.varying.shape[1]), dtype=bool)
        whole[:, features] = np.concatenate([masks, ~masks])
        rows = self.background.rows.num_rows
        at_once = max(1, MOST_COMPOSED // (len(whole) * rows))
        step = max(1, MOST_COMPOSED // rows)
        parts = []
        for first in range(0, len(places), at_once):
            some = places[first : first + at_once]
            answers = [
                self._mean(self.model(composer.compose(some, whole[start : start + step])), len(some))
                for start in range(0, len(whole), step)
            ]
            parts.append(np.concatenate(answers, axis=1))
        linked = self._linked(np.concatenate(parts)).transpose(1, 0, 2)
        return np.asarray(linked[: len(masks)] - linked[len(masks) :]) / 2

    def _mean(self, answers: Doubles, rows: int) -> Doubles:
        """(rows, coalitions, outputs): over the background."""
        weights = self.background.weights
        shaped = answers.reshape(rows, -1, len(weights), answers.shape[1])
        return np.asarray(np.einsum("rcbo,b->rco", shaped, weights))

    def _linked(self, answers: Doubles) -> Doubles:
        if not self.use_logit:
            return answers
        if answers.min() < 0 or answers.max() > 1:
            worst = answers.min() if answers.min() < 0 else answers.max()
            raise InputError(
                f"use_logit: the model answers {worst:g}, which is no probability",
                remedy="explain it without use_logit",
            )
        bound = np.clip(answers, _NEAREST, 1 - _NEAREST)
        return np.asarray(np.log(bound) - np.log1p(-bound))
