"""The chapter of the reasons: hours in place of minutes."""

from __future__ import annotations

from typing import Final

from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.demo.chapter import Chapter
from model_monitor_jobs.demo.flights import FLIGHTS
from model_monitor_jobs.demo.flights_model import FLIGHTS_MODEL

REASONS: Final = Chapter(
    "model_explainability.yaml",
    FLIGHTS,
    Window(parse_time("2013-02-18T05:00:00Z"), parse_time("2013-02-23T05:00:00Z")),
    ("2013-02-18", "2013-02-24"),
    "the reasons. Which features drive the model? A run asks it, over HTTP, about flights of its day with some "
    "features taken from other flights, and so finds each one’s share (Shapley values). A week of February, told "
    "otherwise: from Thursday on a service upstream sends the departure delay in hours, not in minutes, and nobody is "
    "told.",
    "From Monday to Wednesday the same features drive the model as in January. On Thursday and Friday the delay has "
    "less than half of all attribution, not 71 %; carriers, airports and distances have the rest. Their order is as "
    "before, so NDCG, which is all that SageMaker’s rule looks at, stays 1.000. What it did: the model calls 2 of "
    "1,918 flights late, and 31 of 100 were.\n"
    "The monitor of the inputs sees that the numbers of this column are others. This one says what that makes of the "
    "model, and needs no labels either.",
    FLIGHTS_MODEL,
)
