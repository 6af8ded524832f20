"""From SageMaker's monitoring schedules and job definitions to Baselines and MonitoringSchedules; reads no file."""
