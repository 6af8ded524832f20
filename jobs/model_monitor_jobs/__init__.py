"""The processing container and the `model-monitor` command."""

from model_monitor_jobs.processor import prepare

# Here, because numpy reads it once, when it is first imported, and this runs before any module that does so.
prepare()
