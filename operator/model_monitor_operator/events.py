"""Events: what a person sees at the end of `kubectl describe`."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from model_monitor_crds.window import format_time
from model_monitor_operator.kinds import PLURALS
from model_monitor_operator.manifests.common import FIELD_MANAGER, Object
from model_monitor_operator.reconcile.plan import Note


def event(note: Note, now: datetime) -> Object:
    """The Event (v1) of a note."""
    key = note.key
    moment = format_time(now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{key.name[:200]}.{uuid4().hex[:16]}", "namespace": key.namespace},
        "involvedObject": {
            "apiVersion": PLURALS[key.kind][0],
            "kind": key.kind,
            "namespace": key.namespace,
            "name": key.name,
            "uid": note.uid,
        },
        "type": note.type,
        "reason": note.reason,
        "message": note.message,
        "source": {"component": FIELD_MANAGER},
        "reportingComponent": FIELD_MANAGER,
        "count": 1,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
    }
