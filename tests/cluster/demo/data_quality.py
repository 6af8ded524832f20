"""The chapter of the inputs."""

from __future__ import annotations

from collections.abc import Mapping

from model_monitor_jobs.demo.data_quality import INPUTS as CHAPTER
from tests.cluster.demo.teller import Teller

DAYS = (("2013-02-07", "2013-02-08"), ("2013-02-08", "2013-02-09"))


def days(prefix: str) -> Mapping[str, tuple[str, str]]:
    """The day before the blizzard, and its day, by the names of their runs."""
    return {f"{prefix}-{day}": (f"{day}T05:00:00Z", f"{next_day}T05:00:00Z") for day, next_day in DAYS}


def tell(teller: Teller) -> None:
    """Data quality."""
    teller.say("Two manifests: what is normal, and what is watched.")
    teller.apply(CHAPTER, "flights-january", "flights-daily")
    teller.say(
        "The schedule would run every midnight. These runs are wanted now: the day before the blizzard, and its day."
    )
    teller.run("flights-daily", days("flights"), 1)
    teller.kubectl("get", "msch,mbl,mexe")
    teller.say("What is wrong with the eighth of February?")
    path = "{range .status.violations[*]}{.column}{'  '}{.check}{'  '}{.description}{'\\n'}{end}"
    teller.kubectl(
        "get", "mexe", "flights-2013-02-08", "-o", f"jsonpath={path}", shown="get mexe flights-2013-02-08 -o jsonpath=…"
    )
    teller.kubectl(
        "get",
        "events",
        "--field-selector=type=Warning",
        "-o",
        "custom-columns=OBJECT:.involvedObject.name,REASON:.reason,MESSAGE:.message",
    )
    teller.say("And the schedule's own word on it:")
    teller.kubectl("get", "msch", "flights-daily", "-o", "wide")
