"""The best linear prediction of Shapley values from some coalitions."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from math import prod

import numpy as np
import pytest
from numpy.typing import NDArray

from model_monitor_jobs.attribution.coalitions import Masks, make_coalitions
from model_monitor_jobs.attribution.projection import LARGEST_ORDER, RUGGEDNESS, UNEXPLAINED, Projection

Doubles = NDArray[np.float64]
Game = Callable[[Masks], Doubles]
FEATURES = 11


def halves(game: Game, masks: Masks) -> Doubles:
    return (game(masks) - game(~masks))[:, np.newaxis] / 2


def predicted(game: Game, samples: int, seed: int = 1, features: int = FEATURES) -> Doubles:
    masks = make_coalitions(features, samples, seed)
    every = np.ones((1, features), dtype=bool)
    return Projection.of(masks).values(halves(game, masks), game(every) - game(~every))[:, 0]


def least_squares(game: Game, samples: int, seed: int) -> Doubles:
    """Kernel SHAP as Lundberg and Lee 2017 have it, of the same coalitions."""
    half = make_coalitions(FEATURES, samples, seed)
    masks = np.concatenate([half, ~half])
    sizes = masks.sum(axis=1)
    counts = np.bincount(sizes, minlength=FEATURES + 1)
    weights = 1 / (sizes * (FEATURES - sizes) * counts[sizes])
    every = np.ones((1, FEATURES), dtype=bool)
    gain = float((game(every) - game(~every))[0])
    answers = game(masks) - game(~every)
    design = (masks[:, :-1].astype(float) - masks[:, -1:]) * np.sqrt(weights)[:, np.newaxis]
    first = np.linalg.lstsq(design, (answers - masks[:, -1] * gain) * np.sqrt(weights))[0]
    return np.append(first, gain - first.sum())


def network(masks: Masks) -> Doubles:
    random = np.random.RandomState(3)
    inner = np.tanh(masks @ random.standard_normal((FEATURES, 6)) + random.standard_normal(6))
    return np.asarray(inner @ random.standard_normal(6))


def rules(masks: Masks) -> Doubles:
    random = np.random.RandomState(4)
    found = np.zeros(len(masks))
    for _ in range(20):
        members = random.choice(FEATURES, 5, replace=False)
        found += random.standard_normal() * (masks[:, members] == (random.random_sample(5) < 0.5)).all(axis=1)
    return found


@pytest.mark.parametrize(("game", "most"), [(network, 1.05), (rules, 0.9)])
@pytest.mark.parametrize("samples", [60, 200, 800])
def test_errors_are_smaller_than_those_of_least_squares_or_as_large(game: Game, most: float, samples: int) -> None:
    """The network is as rugged as can be: of single rows, with slopes that saturate it."""
    exact = predicted(game, 2**FEATURES)
    ours, others = (
        np.mean([np.abs(method(game, samples, seed) - exact).mean() for seed in range(8)])
        for method in (predicted, least_squares)
    )
    assert ours < most * others


def test_interactions_of_even_order_do_no_harm() -> None:
    def pairs(masks: Masks) -> Doubles:
        return np.asarray(masks[:, 0] * masks[:, 1] * 2.0 + masks[:, 3] * masks[:, 4] - masks[:, 5])

    assert predicted(pairs, 30) == pytest.approx([1, 1, 0, 0.5, 0.5, -1, 0, 0, 0, 0, 0], abs=1e-9)


@pytest.mark.parametrize("features", [6, 7])
def test_the_matrix_is_that_of_the_random_field_term_by_term(features: int) -> None:
    masks = make_coalitions(features, 2 * features + 8)
    signs = np.where(np.vstack([masks, np.ones((1, features), dtype=bool)]), 1.0, -1.0)
    terms = [
        term
        for order in range(3, min(features, LARGEST_ORDER) + 1, 2)
        for term in itertools.combinations(range(features), order)
    ]
    products = np.array([[prod(row[list(term)]) for term in terms] for row in signs])
    variances = np.array([(RUGGEDNESS / features) ** len(term) for term in terms])
    variances /= variances.sum()
    covariance = products * variances @ products.T
    covariance[: len(masks), : len(masks)] += UNEXPLAINED * np.eye(len(masks))
    shares = np.array([[2 / len(term) * (feature in term) for term in terms] for feature in range(features)])
    shared = shares * variances @ products.T
    # Generalised least squares for the main effects, then the prediction of what they leave.
    inverse = np.linalg.inv(covariance)
    main = np.linalg.solve(signs.T @ inverse @ signs, signs.T @ inverse)
    expected = 2 * main + shared @ inverse @ (np.eye(len(signs)) - signs @ main)
    found = Projection.of(masks)
    assert np.column_stack([found.differences, 2 * found.gain]) == pytest.approx(expected, abs=1e-9)


def test_a_wide_table_is_predicted_as_well() -> None:
    slopes = np.random.RandomState(5).standard_normal(120)
    found = predicted(lambda masks: masks @ slopes, 1, features=120)
    assert found == pytest.approx(slopes, abs=1e-9)
