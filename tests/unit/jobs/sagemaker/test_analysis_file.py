"""Clarify's files: written in its schema, read again, edited by people, and what a monitor says of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sagemaker.analysis import (
    POST_TRAINING,
    PRE_TRAINING,
    MeasuredFacet,
    analysis_document,
    read_analysis,
)
from model_monitor_jobs.sagemaker.analysis_config import AnalysisConfig, read_analysis_config
from model_monitor_jobs.sagemaker.bias_drift import (
    BiasConstraint,
    bias_constraints,
    bias_lines,
    bias_violation,
    bias_violations_document,
)
from model_monitor_jobs.sagemaker.documents import to_document, to_json

URI = "s3://acme/credit/analysis.json"
Edit = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Metric:
    value: float
    error: str = ""


def document(**more: Any) -> dict[str, Any]:
    every = {name: Metric(0.01 * place) for place, name in enumerate([*PRE_TRAINING, *POST_TRAINING])}
    odd = {
        "TE": Metric(math.inf),
        "DCA": Metric(-math.inf),
        "CDDL": Metric(math.nan, "Group variable is empty or not provided"),
        "EOD": Metric(0.1),
    }
    few = {"CI": Metric(0.5), "DPL": Metric(-0.25)}
    facets = [
        MeasuredFacet("Sex", "F", every | odd),
        MeasuredFacet("Age", "(40, 75]", few),
        MeasuredFacet("Sex", "M", few),
    ]
    return analysis_document("Target", "1", facets, **more)


def edited(edit: Edit) -> bytes:
    made = document()
    edit(made)
    return json.dumps(made).encode()


def test_a_document_is_in_clarifys_schema() -> None:
    made = document()
    assert list(made) == ["version", "post_training_bias_metrics", "pre_training_bias_metrics"]
    assert made["version"] == "1.0"
    section = made["pre_training_bias_metrics"]
    assert list(section) == ["label", "facets", "label_value_or_threshold"]
    assert (section["label"], section["label_value_or_threshold"]) == ("Target", "1")
    assert [entry["value_or_threshold"] for entry in section["facets"]["Sex"]] == ["F", "M"]
    assert section["facets"]["Age"] == [
        {
            "value_or_threshold": "(40, 75]",
            "metrics": [
                {"name": "CI", "description": "Class Imbalance (CI)", "value": 0.5},
                {"name": "DPL", "description": "Difference in Positive Proportions in Labels (DPL)", "value": -0.25},
            ],
        }
    ]
    assert list(made["post_training_bias_metrics"]["facets"]) == ["Sex"]
    for names, key in ((PRE_TRAINING, "pre"), (POST_TRAINING, "post")):
        written = made[f"{key}_training_bias_metrics"]["facets"]["Sex"][0]["metrics"]
        assert [metric["name"] for metric in written] == sorted(names)
    assert section["facets"]["Sex"][0]["metrics"][0] == {
        "name": "CDDL",
        "description": "Conditional Demographic Disparity in Labels (CDDL)",
        "value": None,
        "error": "Group variable is empty or not provided",
    }
    post = {
        metric["name"]: metric["value"] for metric in made["post_training_bias_metrics"]["facets"]["Sex"][0]["metrics"]
    }
    assert (post["TE"], post["DCA"]) == ("Infinity", "-Infinity")


def test_without_labels_there_is_no_section_of_them() -> None:
    made = analysis_document("", "1", [MeasuredFacet("Sex", "F", {"DI": Metric(1.0)})])
    assert list(made) == ["version", "post_training_bias_metrics"]


def test_what_is_written_is_read_and_written_again() -> None:
    made = document(explanations={"kernel_shap": {"label0": {"global_shap_values": {"Age": 0.1}}}})
    made["note"] = {"by": "Ada"}
    made["pre_training_bias_metrics"]["facets"]["Sex"][0]["metrics"][1]["owner"] = "risk"
    read = read_analysis(to_json(made), URI)
    assert to_document(read) == made
    assert to_json(to_document(read)) == to_json(made)
    assert read.post_training_bias_metrics is not None
    values = {metric.name: metric.value for metric in read.post_training_bias_metrics.facets["Sex"][0].metrics}
    assert (values["TE"], values["DCA"]) == (math.inf, -math.inf)


def test_a_column_may_be_called_like_a_key() -> None:
    made = document()
    for section in ("pre_training_bias_metrics", "post_training_bias_metrics"):
        made[section]["facets"] = {"metric": made[section]["facets"]["Sex"]}
    assert [constraint.facet for constraint in bias_constraints(read_analysis(to_json(made), URI))[:1]] == ["metric"]


def test_a_baseline_may_be_written_by_hand() -> None:
    made = {
        "pre_training_bias_metrics": {
            "facets": {"Sex": [{"value_or_threshold": "0", "metrics": [{"name": "CI", "value": 0.2}]}]}
        }
    }
    assert bias_constraints(read_analysis(to_json(made), URI)) == [BiasConstraint("Sex", "0", "CI", 0.2)]


def test_deleted_and_undefined_metrics_are_not_checked() -> None:
    def edit(made: dict[str, Any]) -> None:
        del made["post_training_bias_metrics"]
        del made["pre_training_bias_metrics"]["facets"]["Sex"][0]["metrics"][1]

    found = bias_constraints(read_analysis(edited(edit), URI))
    assert [(each.facet, each.facet_value, each.name) for each in found] == [
        *(("Sex", "F", name) for name in PRE_TRAINING if name not in ("CDDL", "CI")),
        ("Sex", "M", "CI"),
        ("Sex", "M", "DPL"),
        ("Age", "(40, 75]", "CI"),
        ("Age", "(40, 75]", "DPL"),
    ]


def metric_of(made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = made["pre_training_bias_metrics"]["facets"]["Age"][0]["metrics"][0]
    return found


def entry_of(made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = made["pre_training_bias_metrics"]["facets"]["Age"][0]
    return found


AT = "pre_training_bias_metrics.facets.Age[0]"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            lambda made: metric_of(made).update(value="0,5"),
            f'{AT}.metrics[0].value: expected a number, "Infinity", "-Infinity" or null, found "0,5"; write 0.5',
        ),
        (lambda made: metric_of(made).update(value="NaN"), f'{AT}.metrics[0].value: expected a number, "Infinity"'),
        (lambda made: metric_of(made).update(value=True), f"{AT}.metrics[0].value: expected a number"),
        (lambda made: metric_of(made).update(value=10**400), f"{AT}.metrics[0].value: expected a number"),
        (lambda made: metric_of(made).pop("value"), f"{AT}.metrics[0].value: is missing"),
        (lambda made: metric_of(made).update(valeu=1), f"{AT}.metrics[0].valeu: unknown key; did you mean value?"),
        (
            lambda made: metric_of(made).update(name="DLP"),
            f'{AT}.metrics[0].name: unknown metric "DLP"; expected one of',
        ),
        (
            lambda made: metric_of(made).update(name="DI"),
            f'{AT}.metrics[0].name: "DI" belongs in post_training_bias_metrics',
        ),
        (lambda made: metric_of(made).update(name="DPL"), f'{AT}.metrics[1].name: "DPL" stands there again'),
        (lambda made: entry_of(made).update(value_or_threshold=40), f"{AT}.value_or_threshold: expected a text"),
        (lambda made: entry_of(made).update(metric=[]), f"{AT}.metric: unknown key; did you mean metrics?"),
        (
            lambda made: made["pre_training_bias_metrics"]["facets"]["Age"].append(
                {"value_or_threshold": "(40.0, 80]", "metrics": []}
            ),
            'facets.Age[1].value_or_threshold: "(40.0, 80]" stands there again, after [0]',
        ),
        (
            lambda made: made["pre_training_bias_metrics"].update(facet={}),
            "pre_training_bias_metrics.facet: unknown key; did you mean facets?",
        ),
        (
            lambda made: made.update(pre_training_bias_metric={}),
            "pre_training_bias_metric: unknown key; did you mean pre_training_bias_metrics?",
        ),
        (lambda made: made["pre_training_bias_metrics"].update(facets=[]), "facets: expected an object in { }"),
    ],
)
def test_what_an_edit_breaks_is_said(edit: Edit, message: str) -> None:
    with pytest.raises(InputError) as raised:
        read_analysis(edited(edit), URI)
    assert str(raised.value).startswith(URI)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "line 1, column 1: no JSON"),
        (b"[]", "expected an object"),
        (b'{"version": "1.0", "version": "1.0", "pre_training_bias_metrics": {}}', '"version" stands twice'),
        (b'{"version": "1.0", "violations": []}', "is a constraint_violations.json"),
        (b'{"features": [], "monitoring_config": {}}', "is a constraints.json"),
        (b'{"version": "1.0", "data": []}', "it has none of post_training_bias_metrics"),
    ],
)
def test_other_files_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_analysis(content, URI)


@pytest.mark.parametrize(
    ("baseline", "value", "violated"),
    [
        (0.28176563733194276, 0.3748947825295131, True),
        (0.2, 0.1, False),
        (0.2, -0.3, True),
        (0.178, 0.083, False),
        (-0.2, 0.2, False),
        (0.2, 0.2 + 1e-14, False),
        (3.0, math.inf, True),
        (math.inf, -math.inf, False),
        (0.2, math.nan, False),
    ],
)
def test_a_value_further_from_zero_is_a_violation(baseline: float, value: float, violated: bool) -> None:
    assert BiasConstraint("Sex", "F", "DI", baseline).violated_by(value) is violated


def test_thresholds_are_the_same_whatever_the_maximum() -> None:
    assert BiasConstraint("Age", "(40, 75]", "CI", 0.1).key == BiasConstraint("Age", "(40.0, 81.5]", "CI", 0.2).key
    assert BiasConstraint("Sex", "1", "CI", 0.1).key == BiasConstraint("Sex", "1.0", "CI", 0.1).key
    assert BiasConstraint("Sex", "1", "CI", 0.1).key != BiasConstraint("Sex", "0", "CI", 0.1).key


def test_violations_are_in_sagemakers_words() -> None:
    constraint = BiasConstraint("Sex", "0", "DPPL", 0.28176563733194276)
    violation = bias_violation(constraint, 0.3748947825295131)
    assert bias_violations_document([violation]) == {
        "version": "1.0",
        "violations": [
            {
                "facet": "Sex",
                "facet_value": "0",
                "metric_name": "DPPL",
                "constraint_check_type": "bias_drift_check",
                "description": "Metric value 0.3748947825295131 doesn't meet the baseline constraint requirement "
                "0.28176563733194276",
            }
        ],
    }
    assert bias_violation(constraint, -math.inf).description.startswith("Metric value -Infinity doesn't")
    assert bias_violation(BiasConstraint("Sex", "0", "JS", 1e-05), 2e-05).description.startswith("Metric value 2e-05 ")


def test_what_is_published_to_cloudwatch() -> None:
    moment = datetime(2026, 2, 8, 14, 5, tzinfo=timezone(timedelta(hours=1)))
    content = bias_lines(document(), moment, {"MonitoringSchedule": "credit"})
    lines = [json.loads(line) for line in content.decode().splitlines()]
    assert lines[0] == {
        "MetricName": "bias_metric_AD",
        "Timestamp": "2026-02-08T13:05:00Z",
        "Dimensions": [
            {"Name": "MonitoringSchedule", "Value": "credit"},
            {"Name": "BiasStage", "Value": "Post-Training"},
            {"Name": "Label", "Value": "Target"},
            {"Name": "LabelValue", "Value": "1"},
            {"Name": "Facet", "Value": "Sex"},
            {"Name": "FacetValue", "Value": "F"},
        ],
        "Value": 0.08,
    }
    values = {line["MetricName"]: line["Value"] for line in lines if line["Dimensions"][-1]["Value"] == "F"}
    assert (values["bias_metric_TE"], values["bias_metric_DCA"]) == (2.348543e108, -2.348543e108)
    assert "bias_metric_CDDL" not in values
    assert len(lines) == len(PRE_TRAINING) + len(POST_TRAINING) - 1 + 4
    stages = {line["Dimensions"][1]["Value"] for line in lines if line["MetricName"] == "bias_metric_CI"}
    assert stages == {"Pre-training"}


CONFIG = {
    "version": "1.0",
    "headers": ["Target", "Sex", "Age", "Income"],
    "label": "Target",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": 1, "value_or_threshold": [0]}, {"name_or_index": "Age"}],
    "group_variable": "Income",
}


def config(**change: Any) -> tuple[AnalysisConfig, list[str]]:
    return read_analysis_config(json.dumps(CONFIG | change).encode(), "analysis_config.json")


def test_a_monitors_config_is_read_without_remarks() -> None:
    found, messages = config()
    assert messages == []
    assert found.label_values_or_threshold == [1]
    assert [facet.value_or_threshold for facet in found.facet] == [[0], []]
    names = [found.column(facet.name_or_index, "facet", "analysis_config.json") for facet in found.facet]
    assert names == ["Sex", "Age"]
    assert found.metrics == {*PRE_TRAINING, *POST_TRAINING}
    assert found.probability_threshold is None


def test_values_keep_their_kind() -> None:
    found, _ = config(label_values_or_threshold=["yes", 1, 0.5, True])
    assert [(type(value), value) for value in found.label_values_or_threshold] == [
        (str, "yes"),
        (int, 1),
        (float, 0.5),
        (bool, True),
    ]


@pytest.mark.parametrize(
    ("methods", "metrics"),
    [
        ({"pre_training_bias": {"methods": ["CI", "DPL"]}, "post_training_bias": {"methods": "all"}}, None),
        ({"pre_training_bias": {"methods": ["CI"]}}, {"CI"}),
        ({"report": {"name": "report"}}, {*PRE_TRAINING, *POST_TRAINING}),
    ],
)
def test_metrics_that_are_asked_for(methods: dict[str, Any], metrics: set[str] | None) -> None:
    found, _ = config(methods=methods)
    assert found.metrics == (metrics or {"CI", "DPL", *POST_TRAINING})


def test_keys_without_meaning_here_are_told() -> None:
    _, messages = config(
        dataset_type="text/csv",
        predictor={"model_name": "credit"},
        joinsource_name_or_index="id",
        time_series_data_config={},
        _comment="ours",
        methods={"shap": {}, "report": {}, "odd": 1},
    )
    told = {message.split(":")[0] for message in messages}
    assert told == {
        "dataset_type",
        "predictor",
        "joinsource_name_or_index",
        "time_series_data_config",
        "methods.shap",
        "methods.report",
        "methods.odd",
    }
    assert "predictor: has no meaning here; no model is called; predictions are those of the data" in messages


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"facets": []}, "facets: unknown key; did you mean facet?"),
        ({"facet": {"name_or_index": "Sex"}}, "facet: expected a list in"),
        ({"facet": [{"name": "Sex"}]}, r"facet\[0\].name_or_index: is missing"),
        ({"label_values_or_threshold": 1}, "label_values_or_threshold: expected a list in"),
        (
            {"label_values_or_threshold": [[1]]},
            r"label_values_or_threshold\[0\]: expected a text, a number, true or false",
        ),
        ({"probability_threshold": 50}, "probability_threshold: expected a number from 0 to 1, found 50"),
        ({"methods": {"pre_training_bias": {"methods": "some"}}}, 'expected "all" or a list of metrics'),
        (
            {"methods": {"pre_training_bias": {"methods": ["DI"]}}},
            "methods.pre_training_bias.methods: unknown metric 'DI'",
        ),
        ({"group_variable": 1.5}, "group_variable: expected the name or the number of a column"),
    ],
)
def test_what_a_config_breaks_is_said(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        config(**change)


def test_an_analysis_is_no_config() -> None:
    with pytest.raises(InputError, match=r"is an analysis\.json"):
        read_analysis_config(to_json(document()), "analysis_config.json")


def test_a_number_that_no_header_has_is_refused() -> None:
    found, _ = config()
    with pytest.raises(InputError, match=r"a.json: facet\[0\]: column 4 of 4 headers; name the column"):
        found.column(4, "facet[0]", "a.json")
