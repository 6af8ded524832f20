"""What becomes of fields that have no counterpart: why, and what to do instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from model_monitor_jobs.migration.leaves import Leaf

Fate = Literal["to do", "left out", "carried"]
"""`to do`: a person has to look at it; `left out`: it means nothing here; `carried`: it stands in our manifests."""


@dataclass(frozen=True)
class Advice:
    """What becomes of a field, and at which place it is told."""

    place: str
    fate: Fate
    text: str


_STATE: Final = "a state of the past; results stay where SageMaker wrote them"
_POD: Final = "a run is one pod: job.resources, where the operator's own do not suffice"
_FIXED: Final = "a path or mode of SageMaker's container; data are read from the store itself"
_WITH_IMAGE: Final = "the built-in analysis runs, as the image is one of AWS' own"

_WHOLE: Final = {
    "status": _STATE,
    "metadata": "belongs to the object of ACK",
    "lastmonitoringexecutionsummary": _STATE,
    "responsemetadata": _STATE,
}
"""Parts of the document that are told as one."""
_NETWORK: Final = "networkconfig"
_POLICY: Final = "a NetworkPolicy of the namespace; traffic to the store is encrypted by its own https"
_SINGLE: Final = {
    "rolearn": "the pods' ServiceAccount (job.serviceAccountName; on EKS annotated with a role), or --secret with keys",
    "instancetype": _POD,
    "instancecount": "one pod with all its cores; where that is too slow, engine: {type: Dask}",
    "volumesizeingb": "nothing is stored: data are streamed",
    "volumekmskeyid": "encryption of the nodes' disks",
    "kmskeyid": "encryption of the bucket, set there",
    "localpath": _FIXED,
    "s3inputmode": _FIXED,
    "s3datadistributiontype": _FIXED,
    "s3uploadmode": _FIXED,
    "containerentrypoint": _WITH_IMAGE,
    "containerarguments": _WITH_IMAGE,
    "monitoringschedulearn": _STATE,
    "jobdefinitionarn": _STATE,
    "endpointarn": _STATE,
    "creationtime": _STATE,
    "lastmodifiedtime": _STATE,
    "failurereason": _STATE,
    "monitoringtype": "that of the job definition",
    "publish_cloudwatch_metrics": "metrics.jsonl beside the results with compatibility: SageMaker, and the operator's"
    " Prometheus metrics",
}


def advice(leaf: Leaf) -> Advice:
    """What becomes of a field that nothing has been made of."""
    if leaf.path == ("endpointname",):
        return Advice(leaf.place, "left out", "that of the job definition")
    first = leaf.path[0]
    if first in _WHOLE:
        return Advice(leaf.place.partition(".")[0], "left out", _WHOLE[first])
    if _NETWORK in leaf.path:
        end = leaf.place.lower().index(_NETWORK) + len(_NETWORK)
        return Advice(leaf.place[:end], "left out", _POLICY)
    names = [part for part in leaf.path if not part.isdecimal()]
    if names[-1] in _SINGLE:
        return Advice(leaf.place, "left out", _SINGLE[names[-1]])
    return Advice(leaf.place, "to do", "is not known here and was not carried over")
