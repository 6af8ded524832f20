"""Making a baseline of any monitoring type."""

from __future__ import annotations

from model_monitor_crds.baseline import BaselineSpec
from model_monitor_jobs.runs.baseline_files import MadeBaseline
from model_monitor_jobs.runs.data_quality_baseline import make_data_quality_baseline
from model_monitor_jobs.storage import Storage


def make_baseline(spec: BaselineSpec, storage: Storage) -> MadeBaseline:
    """Make the baseline that a spec describes.

    Raises InputError for data or files that can't be used, ConfigurationError for settings, StorageUnavailable.
    """
    if spec.monitoring_type == "ModelQuality":
        # Imported by the runs that need it, as it takes a while.
        from model_monitor_jobs.runs.model_quality_baseline import make_model_quality_baseline

        return make_model_quality_baseline(spec, storage)
    if spec.monitoring_type == "ModelBias":
        from model_monitor_jobs.runs.model_bias_baseline import make_model_bias_baseline

        return make_model_bias_baseline(spec, storage)
    if spec.monitoring_type == "ModelExplainability":
        from model_monitor_jobs.runs.model_explainability_baseline import make_model_explainability_baseline

        return make_model_explainability_baseline(spec, storage)
    return make_data_quality_baseline(spec, storage)
