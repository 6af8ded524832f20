"""When a difference from the baseline counts: the default rule (docs/decision-rule.md).

A check's difference D is the share of rows by which a window departs from its baseline. It is a violation when it
exceeds the limit L: what sampling noise and the baseline's own windows can explain, and never less than the smallest
change that matters. Every check of a run shares one family: with K checks, each has the chance alpha/K of a false
violation.

`noise` says what sampling alone does, `variation` learns what the baseline's windows do, `limit` puts both together,
and `judgement` makes `evidence` of a difference.
"""

from model_monitor_jobs.decisions.evidence import (
    ENOUGH_ROWS,
    FEWEST_ROWS,
    LEARNED_FLOOR,
    UNLEARNED_FLOOR,
    WIDEST_LIMIT,
    Evidence,
    Verdict,
    shared_alpha,
)
from model_monitor_jobs.decisions.judgement import Z95, distance_interval, rate_interval, weigh, weigh_change, wilson
from model_monitor_jobs.decisions.limit import limit
from model_monitor_jobs.decisions.noise import (
    JENSEN_SHANNON_DIVISOR,
    ChiSquaredNoise,
    KolmogorovNoise,
    LargestRateNoise,
    MetricNoise,
    Noise,
    RateNoise,
)
from model_monitor_jobs.decisions.variation import Variation, WindowHistory, incidents, learn, settled_incidents

__all__ = [
    "ENOUGH_ROWS",
    "FEWEST_ROWS",
    "JENSEN_SHANNON_DIVISOR",
    "LEARNED_FLOOR",
    "UNLEARNED_FLOOR",
    "WIDEST_LIMIT",
    "Z95",
    "ChiSquaredNoise",
    "Evidence",
    "KolmogorovNoise",
    "LargestRateNoise",
    "MetricNoise",
    "Noise",
    "RateNoise",
    "Variation",
    "Verdict",
    "WindowHistory",
    "distance_interval",
    "incidents",
    "learn",
    "limit",
    "rate_interval",
    "settled_incidents",
    "shared_alpha",
    "weigh",
    "weigh_change",
    "wilson",
]
