"""A check of one's own: has a writer changed the unit of a feature?

It keeps the container contract of SageMaker Model Monitor. Euros for thousands of euros change a median by a factor
that no drift has, so a violation is a median more than LARGEST_FACTOR times the baseline's mean, or as far below it.
"""

import json
import os
import statistics
import sys
from pathlib import Path

MESSAGE = Path("/opt/ml/output/message")
"""What is written there is told where this program fails."""


def captured_values(source, start, end):
    """Numbers by feature, of the requests from start to end: the folders may hold more than the window."""
    values = {}
    for path in sorted(Path(source).rglob("*.jsonl")):
        for line in path.read_text().splitlines():
            event = json.loads(line)
            if not start <= event["eventMetadata"]["inferenceTime"] < end:
                continue
            features = json.loads(event["captureData"]["endpointInput"]["data"])
            for name, value in features.items():
                if isinstance(value, (int, float)):
                    values.setdefault(name, []).append(value)
    return values


def baseline_means(path):
    """Mean by numeric feature, of statistics.json."""
    features = json.loads(Path(path).read_text())["features"]
    return {
        feature["name"]: feature["numerical_statistics"]["mean"]
        for feature in features
        if "numerical_statistics" in feature
    }


def violations(values, means, largest):
    """A violation for each feature whose unit seems to be another one."""
    found = []
    for name, mean in means.items():
        if name not in values or mean <= 0:
            continue
        median = statistics.median(values[name])
        factor = median / mean
        if not 1 / largest <= factor <= largest:
            text = f"the median is {median:g} and the baseline's mean {mean:g}: a factor of {factor:.2g}"
            found.append({"feature_name": name, "constraint_check_type": "unit_check", "description": text})
    return found


def main():
    """Read the contract's variables, write the contract's file."""
    given = os.environ
    values = captured_values(given["dataset_source"], given["start_time"], given["end_time"])
    means = baseline_means(given["baseline_statistics"])
    if not set(values) & set(means):
        MESSAGE.write_text(f"no numeric feature of the baseline was captured, only {sorted(values)}")
        return 1
    found = violations(values, means, float(given["LARGEST_FACTOR"]))
    output = Path(given["output_path"])
    (output / "constraint_violations.json").write_text(json.dumps({"violations": found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
