"""The chapter of the groups: a rule that names nobody."""

from __future__ import annotations

from typing import Final

from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.demo.chapter import Chapter
from model_monitor_jobs.demo.mortgages import MORTGAGES

GROUPS: Final = Chapter(
    "model_bias.yaml",
    MORTGAGES,
    Window(parse_time("1990-10-01T00:00:00Z"), parse_time("1990-10-03T00:00:00Z")),
    ("1990-10-01", "1990-10-03"),
    "the groups. Are applicants who are not white approved as often, compared with others, as in the baseline? DPPL is "
    "the difference of both shares, DI their ratio, which shall be at least .8 (the four-fifths rule of US employment "
    "law).",
    "On the first day 87 of 100 applicants who are not white are approved, and 98 of 100 others: less equal than the "
    "baseline’s 91 and 98, but no more than chance explains. On the second day the same people apply, with the same "
    "scores. Only the use of the score has changed: a loan may be at most 80 % of the price. The rule names nobody, "
    "but 24 of 100 are approved now, and 50 of 100 others.\n"
    "Whether that is fair no metric can say, nor can labels: they are what lenders decided, 71 and 91 of 100, and a "
    "model learns that from them. The days are made up, as the applications have none.",
)
