"""The chapter of the reasons."""

from __future__ import annotations

from model_monitor_jobs.demo.model_explainability import REASONS as CHAPTER
from tests.cluster.demo.teller import Teller

RUNS = {
    f"flights-attribution-{day}": (f"{day}T05:00:00Z", f"{next_day}T05:00:00Z")
    for day, next_day in (("2013-02-20", "2013-02-21"), ("2013-02-21", "2013-02-22"))
}


def tell(teller: Teller) -> None:
    """Feature attribution, of a model that answers here: the pods of this node are processes of the same host."""
    teller.say("What drives the model? Now it is asked itself: it answers over HTTP, and the manifest says where.")
    with CHAPTER.manifest_with_model() as (manifest, _):
        teller.apply(CHAPTER, "flights-attribution", "flights-attribution", manifest)
        teller.say(
            "Two days of February: the last with the departure delay in minutes, and the first with it in hours."
        )
        teller.run("flights-attribution", RUNS, 5)
    teller.kubectl("get", "mexe", "--field-selector=spec.scheduleRef.name=flights-attribution", "-o", "wide")
    teller.say("Which features drove it, and what is their order worth?")
    path = (
        "{range .status.metrics[0:1]}{'NDCG  '}{.value}{'\\n'}{end}"
        "{range .status.metrics[1:4]}{.feature}{'  '}{.value}{' ('}{.low}{' to '}{.high}{'), '}{.baseline}"
        "{' in the baseline'}{'\\n'}{end}"
    )
    for name in RUNS:
        teller.kubectl("get", "mexe", name, "-o", f"jsonpath={path}", shown=f"get mexe {name} -o jsonpath=…")
    teller.say("Four monitors of two models:")
    teller.kubectl("get", "msch", "-o", "wide")
