"""The chapter of the groups."""

from __future__ import annotations

from model_monitor_jobs.demo.model_bias import GROUPS as CHAPTER
from tests.cluster.demo.teller import Teller

RUNS = {
    f"mortgages-bias-{day}": (f"{day}T00:00:00Z", f"{next_day}T00:00:00Z")
    for day, next_day in (("1990-10-01", "1990-10-02"), ("1990-10-02", "1990-10-03"))
}


def tell(teller: Teller) -> None:
    """Bias."""
    teller.say("Who is compared with whom, what a good answer is, and how equal approval has to be.")
    teller.apply(CHAPTER, "mortgages-bias", "mortgages-bias")
    teller.say("Two days: the score is used as in the baseline, and then with a rule that asks for a down payment.")
    teller.run("mortgages-bias", RUNS, 2)
    teller.kubectl("get", "mexe", "--field-selector=spec.scheduleRef.name=mortgages-bias", "-o", "wide")
    teller.say("How often are both groups approved?")
    path = (
        "{range .status.metrics[0:2]}{.metric}{' of '}{.facet}{'  '}{.value}{' ('}{.low}{' to '}{.high}{'), '}"
        "{.baseline}{' in the baseline'}{'\\n'}{end}"
    )
    for name in RUNS:
        teller.kubectl("get", "mexe", name, "-o", f"jsonpath={path}", shown=f"get mexe {name} -o jsonpath=…")
