"""Which of SageMaker's files a document is: they are easily taken for each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from model_monitor_jobs.errors import InputError

STATISTICS: Final = "statistics.json"
CONSTRAINTS: Final = "constraints.json"
_OF_CONSTRAINTS: Final = frozenset({"completeness", "num_constraints", "string_constraints"})
_OF_STATISTICS: Final = frozenset({"numerical_statistics", "string_statistics"})


def refuse_other_kind(document: Any, expected: str, uri: str) -> None:
    """Raise InputError where a document is plainly another of SageMaker's files than `expected`."""
    if not isinstance(document, dict) or _KINDS[expected](document):
        return
    found = next((kind for kind, is_one in _KINDS.items() if is_one(document)), None)
    if found is not None:
        raise InputError(
            f"{uri}: is {_article(found)}; {_article(expected)} was expected here",
            remedy="check which URI is given for which file",
        )


def _is_statistics(document: Mapping[str, Any]) -> bool:
    return "dataset" in document or _has_feature_with(document, _OF_STATISTICS)


def _is_constraints(document: Mapping[str, Any]) -> bool:
    return "monitoring_config" in document or _has_feature_with(document, _OF_CONSTRAINTS)


def _has_feature_with(document: Mapping[str, Any], keys: frozenset[str]) -> bool:
    features = document.get("features")
    return isinstance(features, list) and any(isinstance(f, dict) and not keys.isdisjoint(f) for f in features)


_KINDS: Final[dict[str, Callable[[Mapping[str, Any]], bool]]] = {
    "constraint_violations.json": lambda document: "violations" in document,
    "constraints.json of a model quality monitor": lambda document: any(
        key.endswith(("_classification_constraints", "regression_constraints")) for key in document
    ),
    "statistics.json of a model quality monitor": lambda document: any(
        key.endswith(("_classification_metrics", "regression_metrics")) for key in document
    ),
    "analysis.json of a bias or explainability monitor": lambda document: any(
        key in document for key in ("pre_training_bias_metrics", "post_training_bias_metrics", "explanations")
    ),
    "record of captured data": lambda document: "captureData" in document,
    STATISTICS: _is_statistics,
    CONSTRAINTS: _is_constraints,
}


def _article(kind: str) -> str:
    return f"an {kind}" if kind.startswith("a") else f"a {kind}"
