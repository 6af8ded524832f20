"""The container contract of SageMaker Model Monitor, which a user's own container keeps: folders, files, variables.

Source: "Support for Your Own Containers With Amazon SageMaker Model Monitor" in Amazon's developer guide.
"""

from __future__ import annotations

from typing import Final

from model_monitor_crds.rules import Rule

INPUT_FOLDER: Final = "/opt/ml/processing/input"
"""Below it lies the window's data."""
BASELINE_FOLDER: Final = "/opt/ml/processing/baseline"
"""Below it lie the baseline's files."""
MESSAGE_FILE: Final = "/opt/ml/output/message"
"""What the container writes there is told where it fails."""
ENVIRONMENT_FOLDER: Final = "/var/run/model-monitor"
"""Where our container writes the file that the user's container has its variables from; that one does not see it."""
ENVIRONMENT_FILE: Final = "environment"
VARIABLES: Final = (
    "baseline_constraints",
    "baseline_statistics",
    "dataset_format",
    "dataset_source",
    "end_time",
    "output_path",
    "publish_cloudwatch_metrics",
    "sagemaker_endpoint_datacapture_prefix",
    "sagemaker_endpoint_name",
    "sagemaker_monitoring_schedule_name",
    "start_time",
)
"""The environment variables of the contract; those without a value are not set."""
CONTRACT_RULES: Final = (
    Rule(
        "has(self.baselineRef) || self.job.contract == 'SageMaker'",
        "spec.baselineRef: name the Baseline that traffic is compared with; only a container of your own with"
        " job.contract SageMaker may do without",
        lambda spec: spec.baseline_ref is not None or spec.job.contract == "SageMaker",
    ),
    Rule(
        "self.job.contract != 'SageMaker' || (!has(self.input.recordPreprocessor) &&"
        " !has(self.postAnalyticsProcessor))",
        "spec.job.contract: scripts belong to our analysis; a container with SageMaker's contract does their work"
        " itself: leave spec.input.recordPreprocessor and spec.postAnalyticsProcessor out",
        lambda spec: (
            spec.job.contract != "SageMaker"
            or (spec.input.record_preprocessor is None and spec.post_analytics_processor is None)
        ),
    ),
    Rule(
        "self.job.contract != 'SageMaker' || (!has(self.groundTruth) && (!has(self.input.batch) ||"
        " !has(self.input.batch.predictionsURI)))",
        "spec.job.contract: a container with SageMaker's contract is given neither labels nor predictions; leave"
        " spec.groundTruth and spec.input.batch.predictionsURI out",
        lambda spec: (
            spec.job.contract != "SageMaker"
            or (spec.ground_truth is None and (spec.input.batch is None or spec.input.batch.predictions_uri is None))
        ),
    ),
)
"""What holds of a MonitoringSchedule's spec with and without this contract."""
