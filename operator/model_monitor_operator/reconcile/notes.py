"""Events on transitions: what was observed differs from what is about to be written, so a restart posts nothing."""

from __future__ import annotations

from typing import Literal

from model_monitor_operator.manifests.common import Object
from model_monitor_operator.reconcile.conditions import Finding, Standing, condition, cut, is_true
from model_monitor_operator.reconcile.plan import Note
from model_monitor_operator.state import Key


def note(key: Key, observed: Object, kind: Literal["Normal", "Warning"], reason: str, message: str) -> Note:
    """An Event about an observed object."""
    return Note(key, observed["metadata"]["uid"], kind, reason, cut(message))


def on_stalled(key: Key, observed: Object, standing: Standing) -> list[Note]:
    """A warning when the object stalls, or for another reason than before."""
    before = condition(observed, "Stalled")
    if standing.state != "Stalled" or (before.get("status") == "True" and before.get("reason") == standing.reason):
        return []
    return [note(key, observed, "Warning", standing.reason, standing.message)]


def flips(observed: Object, finding: Finding) -> bool:
    """Whether a condition is about to get another status than the one observed; one not there yet counts as False."""
    return is_true(observed, finding.type) != (finding.status == "True")
