"""The container contract of SageMaker Model Monitor, which a user's own container keeps: folders, files, variables.

Source: "Support for Your Own Containers With Amazon SageMaker Model Monitor" in Amazon's developer guide.
"""

from __future__ import annotations

from typing import Final

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
