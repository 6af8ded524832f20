"""Ways to profile all partitions of a stream; the result is the same to the byte whichever is used."""

from model_monitor_jobs.engines.local import fold_partitions, profile_stream
from model_monitor_jobs.engines.processors import available_processors

__all__ = ["available_processors", "fold_partitions", "profile_stream"]
