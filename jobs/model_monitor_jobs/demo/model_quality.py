"""The chapter of the answers: the blizzard again, and a change that only labels show."""

from __future__ import annotations

from typing import Final

from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.demo.chapter import Chapter
from model_monitor_jobs.demo.flights import FLIGHTS

ANSWERS: Final = Chapter(
    "model_quality.yaml",
    FLIGHTS,
    Window(parse_time("2013-02-07T05:00:00Z"), parse_time("2013-02-17T05:00:00Z")),
    ("2013-02-07", "2013-02-18"),
    "the answers. Whether a flight is late is known when it arrives; a cancelled or diverted flight "
    "never arrives, and counts as late. A day is judged when its labels are due, 24 hours after its end, by how well "
    "the model ranks late flights above others (AUC: 1 is perfect, .5 is chance); before that, this is estimated.",
    "Two alerts again, but only one is a storm. In the blizzard half of the flights were cancelled. In place of a "
    "departure delay that is missing the model takes January's median, and so calls these flights punctual: 36 of 100 "
    "answers were right, and its ranking was no better than chance. The estimate, made before any label was due, said "
    "most of that: it knows from January what becomes of flights without a departure delay.\n"
    "From 13 to 16 February all inputs were as usual, and the first chapter is silent. But flights to Florida and the "
    "Caribbean took longer than in January, 20 minutes on the 14th and the 16th, and 4 in 10 of those that left "
    "punctually were late, not 1 in 14. No input tells of that, so no estimate can; only labels do. How often its "
    "intervals were right is counted, and an estimate that is wrong too often is not shown.",
)
