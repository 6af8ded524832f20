"""SageMaker Model Monitor's files: statistics.json, constraints.json, constraint_violations.json."""
