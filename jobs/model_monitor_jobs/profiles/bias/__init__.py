"""How a model treats the groups of a facet, as contingency tables that merge."""

from model_monitor_jobs.profiles.bias.counts import MOST_VALUES, BiasCounts
from model_monitor_jobs.profiles.bias.data_types import MOST_FACET_VALUES, is_continuous, selections
from model_monitor_jobs.profiles.bias.flip_sample import FlipRows, FlipSample
from model_monitor_jobs.profiles.bias.flips import Flips
from model_monitor_jobs.profiles.bias.problem import (
    ADVANTAGED,
    DISADVANTAGED,
    NEGATIVE,
    POSITIVE,
    UNKNOWN,
    BiasProblem,
    Facet,
)
from model_monitor_jobs.profiles.bias.profile import BiasProfile
from model_monitor_jobs.profiles.bias.rows import BiasRows, DecodedBias, Extents, Values, decode_bias
from model_monitor_jobs.profiles.bias.selection import Marked, Selection, read_selection

__all__ = [
    "ADVANTAGED",
    "DISADVANTAGED",
    "MOST_FACET_VALUES",
    "MOST_VALUES",
    "NEGATIVE",
    "POSITIVE",
    "UNKNOWN",
    "BiasCounts",
    "BiasProblem",
    "BiasProfile",
    "BiasRows",
    "DecodedBias",
    "Extents",
    "Facet",
    "FlipRows",
    "FlipSample",
    "Flips",
    "Marked",
    "Selection",
    "Values",
    "decode_bias",
    "is_continuous",
    "read_selection",
    "selections",
]
