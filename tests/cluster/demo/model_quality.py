"""The chapter of the answers."""

from __future__ import annotations

from model_monitor_jobs.demo.model_quality import ANSWERS as CHAPTER
from tests.cluster.demo.data_quality import days
from tests.cluster.demo.teller import Teller


def tell(teller: Teller) -> None:
    """Model quality."""
    teller.say("Were the answers right? Two more manifests: how good the model was in January, and where labels come.")
    teller.apply(CHAPTER, "flights-quality", "flights-quality")
    teller.say("The same two days, with the labels that are there by now.")
    runs = days("flights-quality")
    teller.run("flights-quality", runs, 1)
    teller.kubectl("get", "mexe", "--field-selector=spec.scheduleRef.name=flights-quality", "-o", "wide")
    teller.say("How good was the model, and what had been estimated without labels?")
    path = (
        "{range .status.metrics[0:2]}{.metric}{'  '}{.value}{' ('}{.low}{' to '}{.high}{'), '}{.baseline}"
        "{' in the baseline; estimated '}{.estimate}{' ('}{.estimateLow}{' to '}{.estimateHigh}{')'}{'\\n'}{end}"
    )
    for name in runs:
        teller.kubectl("get", "mexe", name, "-o", f"jsonpath={path}", shown=f"get mexe {name} -o jsonpath=…")
    teller.say("Two monitors of one model:")
    teller.kubectl("get", "msch", "-o", "wide")
