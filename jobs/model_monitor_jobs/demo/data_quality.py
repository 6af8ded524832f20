"""The chapter of the inputs: two storms."""

from __future__ import annotations

from typing import Final

from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.demo.chapter import Chapter
from model_monitor_jobs.demo.flights import FLIGHTS

INPUTS: Final = Chapter(
    "data_quality.yaml",
    FLIGHTS,
    Window(parse_time("2013-02-01T05:00:00Z"), parse_time("2013-04-01T04:00:00Z")),
    ("2013-02-01", "2013-04-02"),
    "the inputs. Each day of February and March is compared with January.",
    "Two storms, two alerts. On 8 and 9 February 2013 a blizzard closed the airports: half of the flights never "
    "left, so their departure delay is missing, and one day of that is enough. From 6 to 8 March another storm "
    "passed by: two days in violation of three. Other days were silent, or in violation for one day, though the "
    "days of January differ a lot: it has learned by how much, and that its last two days were none of the usual.",
)
