"""Conditions by kstatus' rules: Ready, Reconciling and Stalled from one standing, and times that move only on flips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from model_monitor_crds.window import format_time
from model_monitor_operator.manifests.common import Object

MESSAGE_LIMIT: Final = 1024
"""Most bytes of a message, of conditions and of Events."""

Truth = Literal["True", "False", "Unknown"]


@dataclass(frozen=True)
class Standing:
    """How an object stands: in order, on the way, or in need of a person."""

    state: Literal["Ready", "Reconciling", "Stalled"]
    reason: str
    message: str = ""


@dataclass(frozen=True)
class Finding:
    """What one condition says."""

    type: str
    status: Truth
    reason: str
    message: str = ""


def of_standing(standing: Standing) -> tuple[Finding, Finding, Finding]:
    """Ready, Reconciling and Stalled. The last two are never both True, as the first would hide the second."""
    reason, message = standing.reason, standing.message
    return (
        Finding("Ready", "True" if standing.state == "Ready" else "False", reason, message),
        Finding("Reconciling", "True", reason, message)
        if standing.state == "Reconciling"
        else Finding("Reconciling", "False", reason),
        Finding("Stalled", "True", reason, message)
        if standing.state == "Stalled"
        else Finding("Stalled", "False", reason),
    )


def conditions(findings: Iterable[Finding], observed: Object, now: datetime) -> list[Object]:
    """Conditions as they stand in a status; lastTransitionTime is kept where status is as observed before."""
    known = by_type(observed)
    generation = observed["metadata"].get("generation")
    result = []
    for finding in findings:
        before = known.get(finding.type)
        kept = before is not None and before.get("status") == finding.status
        result.append(
            {
                "type": finding.type,
                "status": finding.status,
                "reason": finding.reason,
                "message": cut(finding.message),
                **({} if generation is None else {"observedGeneration": generation}),
                "lastTransitionTime": before["lastTransitionTime"] if kept and before else format_time(now),
            }
        )
    return result


def by_type(observed: Object) -> dict[str, Object]:
    """The conditions of an object by type."""
    return {condition["type"]: condition for condition in observed.get("status", {}).get("conditions", ())}


def condition(observed: Object, kind: str) -> Object:
    """One condition of an object; empty when it has none of this type."""
    return by_type(observed).get(kind, {})


def is_true(observed: Object, kind: str) -> bool:
    """Whether a condition is there and True."""
    return bool(condition(observed, kind).get("status") == "True")


def cut(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """A text of at most `limit` bytes in UTF-8, with an ellipsis where it was cut."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    return encoded[: limit - len("…".encode())].decode(errors="ignore") + "…"


def same_status(desired: Object, observed: Object) -> bool:
    """Whether a status says what is desired; the order of conditions and fields left empty don't matter."""

    def normal(status: Object) -> Object:
        kept = {key: value for key, value in status.items() if value not in (None, [], {})}
        kept["conditions"] = {condition["type"]: condition for condition in status.get("conditions", ())}
        return kept

    return normal(desired) == normal(observed)
