"""How a Job gets on, looked up in the observed state."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from model_monitor_operator.manifests.common import Object
from model_monitor_operator.reconcile.conditions import condition
from model_monitor_operator.reconcile.progress import Progress, progress
from model_monitor_operator.settings import Settings
from model_monitor_operator.state import JOB, POD, Key, State

_UNTROUBLED: Final = {"Pending", "Running", "Retrying", "Creating", "Replacing", "JobSuspended"}


def job_progress(state: State, job: Object, execution: Object | None, now: datetime, settings: Settings) -> Progress:
    """Where a Job stands; its execution remembers a trouble whose pod is gone."""
    metadata = job["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    pods = [
        pod
        for pod in state.of(POD, namespace, JOB, name)
        if any(owner.get("uid") == metadata["uid"] for owner in pod["metadata"].get("ownerReferences", ()))
    ]
    refusal = state.pod_refusals.get(Key(JOB, namespace, name))
    return progress(job, pods, refusal, _earlier(execution), now, settings.job_start_grace_time)


def _earlier(execution: Object | None) -> tuple[str, str] | None:
    before = condition(execution, "Reconciling") if execution is not None else {}
    if before.get("status") != "True" or before.get("reason") in _UNTROUBLED:
        return None
    return before["reason"], before.get("message", "")
