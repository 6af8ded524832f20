"""Bias from traffic and labels to verdicts: both rules, late labels, labels or answers alone, adopted files."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_monitor_crds import MonitoringSchedule
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.window import Window
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import ConfigurationError, InputError, MonitorError
from model_monitor_jobs.execution.local import occasions, replay
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult
from model_monitor_jobs.sagemaker.analysis import POST_TRAINING, PRE_TRAINING
from model_monitor_jobs.sagemaker.documents import to_json
from tests.unit.jobs.runs.bias_shop import FACETS, BiasShop
from tests.unit.jobs.runs.shop import DAY, START, Row, rows

DPL_AND_DPPL = [("plan = b", "dpl_check"), ("plan = b", "dppl_check")]


@pytest.fixture
def shop(tmp_path: Path) -> BiasShop:
    made = BiasShop(tmp_path)
    made.write_training()
    return made


@pytest.fixture
def files(shop: BiasShop) -> BaselineFiles:
    return shop.baseline()


def verdicts(result: ModelBiasResult) -> dict[str, Verdict]:
    return {finding.check: finding.verdict for finding in result.findings}


def analysis_of(shop: BiasShop, files: BaselineFiles) -> Any:
    return json.loads(shop.storage.read_bytes(files.constraints_uri))


def write(shop: BiasShop, files: BaselineFiles, document: Any) -> None:
    (shop.root / files.constraints_uri.removeprefix("pvc://shop/")).write_bytes(to_json(document))


def edit(shop: BiasShop, files: BaselineFiles, metric: str, value: float | None) -> None:
    """Change a metric of analysis.json, or take it away."""
    document = analysis_of(shop, files)
    for section in ("pre_training_bias_metrics", "post_training_bias_metrics"):
        (entry,) = document[section]["facets"]["plan"]
        kept = [each for each in entry["metrics"] if each["name"] != metric or value is not None]
        entry["metrics"] = [each | {"value": value} if each["name"] == metric else each for each in kept]
    write(shop, files, document)


def test_a_baseline_is_an_analysis_of_clarifys_schema(shop: BiasShop, files: BaselineFiles) -> None:
    document = analysis_of(shop, files)
    assert files.constraints_uri.endswith("/analysis.json")
    assert (files.statistics_uri, files.record_count) == (None, 7_000)
    for section, metrics in (("pre", PRE_TRAINING), ("post", POST_TRAINING)):
        own = document[f"{section}_training_bias_metrics"]
        (entry,) = own["facets"]["plan"]
        assert (own["label"], own["label_value_or_threshold"]) == ("bought", "1")
        assert entry["value_or_threshold"] == "b"
        assert [each["name"] for each in entry["metrics"]] == list(metrics)
    assert make_baseline(shop.baseline_spec(), shop.storage).files == files


def test_metrics_of_a_window_are_counted_by_hand(shop: BiasShop, files: BaselineFiles) -> None:
    shop.write_day(20)
    result = shop.judge_bias(files, 20)
    made = rows("BinaryClassification", 600, 20)
    positive = {
        plan: (
            np.mean([row.label == "1" for row in made if row.plan == plan]),
            np.mean([(row.probability or 0) > 0.5 for row in made if row.plan == plan]),
        )
        for plan in "ab"
    }
    (measured,) = result.measured
    assert measured["DPL"].value == pytest.approx(positive["a"][0] - positive["b"][0])
    assert measured["DPPL"].value == pytest.approx(positive["a"][1] - positive["b"][1])
    assert measured["DI"].value == pytest.approx(positive["b"][1] / positive["a"][1])
    assert [(finding.column, finding.check) for finding in result.findings] == DPL_AND_DPPL
    assert set(verdicts(result).values()) == {Verdict.PASS}
    assert all(finding.evidence is not None and finding.evidence.learned for finding in result.findings)
    assert "all 600 rows have a label" in result.summary


def test_a_model_that_became_unfair_is_seen(shop: BiasShop, files: BaselineFiles) -> None:
    shop.unfair = 0.4
    shop.write_day(20)
    result = shop.judge_bias(files, 20)
    assert verdicts(result) == {"dpl_check": Verdict.PASS, "dppl_check": Verdict.VIOLATION}
    (violation,) = result.documents()["constraint_violations.json"]["violations"]
    assert violation["facet"] == "plan"
    assert violation["facet_value"] == "b"
    assert (violation["metric_name"], violation["constraint_check_type"]) == ("DPPL", "bias_drift_check")
    assert violation["description"].endswith("further from equal treatment")


def test_labels_that_became_unfair_are_seen(shop: BiasShop, files: BaselineFiles) -> None:
    def unfair(row: Row) -> str:
        return "0" if row.plan == "b" and row.x[1] > 0 else row.label

    shop.write_day(20, label=unfair)
    assert verdicts(shop.judge_bias(files, 20))["dpl_check"] is Verdict.VIOLATION


def test_without_labels_there_are_the_metrics_that_need_none(shop: BiasShop, files: BaselineFiles) -> None:
    shop.write_day(20)
    monitor = shop.bias_monitor(groundTruth=None)
    result = shop.judge_bias(files, 20, monitor)
    assert verdicts(result) == {"dppl_check": Verdict.PASS}
    assert list(result.measured[0]) == ["CDDPL", "CI", "DI", "DPPL", "FT"]
    assert "labels" not in result.status_fields()
    asked = shop.bias_monitor(groundTruth=None, modelBias={"metrics": ["RD"]})
    with pytest.raises(ConfigurationError, match="'RD' needs labels"):
        shop.judge_bias(files, 20, asked)


def test_early_labels_are_too_few_for_what_needs_them(shop: BiasShop, files: BaselineFiles) -> None:
    shop.write_day(20)
    early = shop.judge_bias(files, 20, as_of=timedelta(hours=30))
    assert verdicts(early) == {"dpl_check": Verdict.INSUFFICIENT_DATA, "dppl_check": Verdict.PASS}
    assert "80.0 % are needed" in early.findings[0].description
    assert set(verdicts(shop.judge_bias(files, 20)).values()) == {Verdict.PASS}


def test_without_answers_there_are_the_metrics_of_labels(shop: BiasShop) -> None:
    columns = {"groundTruth": "bought", "timestamp": "at", "exclude": ["answer", "score"]}
    files = shop.baseline(columns=columns)
    assert analysis_of(shop, files).keys() == {"version", "pre_training_bias_metrics"}
    shop.write_day(20)
    result = shop.judge_bias(files, 20, shop.bias_monitor(columns=columns))
    assert verdicts(result) == {"dpl_check": Verdict.PASS}
    assert "DPPL" not in result.measured[0]


def test_small_facets_are_not_judged(shop: BiasShop, files: BaselineFiles) -> None:
    shop.unfair = 0.4
    shop.write_day(20, 250)
    monitor = shop.bias_monitor(modelBias={"minimumFacetSize": 200})
    result = shop.judge_bias(files, 20, monitor)
    assert set(verdicts(result).values()) == {Verdict.INSUFFICIENT_DATA}
    assert "200 are needed" in result.findings[0].description
    assert verdicts(shop.judge_bias(files, 20))["dppl_check"] is Verdict.VIOLATION


def test_an_allowed_range_takes_the_place_of_the_baseline(shop: BiasShop, files: BaselineFiles) -> None:
    shop.unfair = 0.4
    shop.write_day(20)

    def judged(low: float) -> Verdict:
        settings = {"metrics": ["DI"], "allowedRanges": [{"metric": "DI", "low": low, "high": 2}]}
        return verdicts(shop.judge_bias(files, 20, shop.bias_monitor(modelBias=settings)))["di_check"]

    assert judged(0.8) is Verdict.VIOLATION
    assert judged(0.1) is Verdict.PASS
    stray = shop.bias_monitor(modelBias={"allowedRanges": [{"metric": "DI", "low": 0.8}]})
    with pytest.raises(ConfigurationError, match="'DI' is not judged"):
        shop.judge_bias(files, 20, stray)


def test_sagemakers_rule_with_its_texts(shop: BiasShop, files: BaselineFiles) -> None:
    shop.write_day(20)
    monitor = shop.bias_monitor(modelBias={"compatibility": "SageMaker"})
    result = shop.judge_bias(files, 20, monitor)
    (entry,) = analysis_of(shop, files)["post_training_bias_metrics"]["facets"]["plan"]
    baseline = {each["name"]: each["value"] for each in entry["metrics"]}
    found = verdicts(result)
    assert len(found) == 19, "two need a group, which is not there"
    for name, value in baseline.items():
        metric = result.measured[0][name]
        if value is not None and metric.defined:
            beyond = abs(metric.value) > abs(float(value))
            assert (found[f"{name.lower()}_check"] is Verdict.VIOLATION) == beyond, name
    for each in result.documents()["constraint_violations.json"]["violations"]:
        assert "doesn't meet the baseline constraint requirement" in each["description"]
    assert b'"bias_metric_DPPL"' in result.published(result.window.end, {}) if result.window else False


def test_an_edited_analysis_is_followed(shop: BiasShop, files: BaselineFiles) -> None:
    shop.write_day(20)
    edit(shop, files, "DPL", None)
    edit(shop, files, "DPPL", 0.5)
    result = shop.judge_bias(files, 20)
    assert verdicts(result) == {"dppl_check": Verdict.VIOLATION}
    assert "0.500 in the baseline" in result.findings[0].description
    assert any("was changed after the baseline was made" in note for note in result.notes)


def test_an_analysis_is_adopted(shop: BiasShop, files: BaselineFiles) -> None:
    shop.unfair, shop.payload = 0.5, "JSON"
    shop.write_day(20)
    existing = {"existing": {"constraintsURI": files.constraints_uri}}
    spec = {"dataset": None, "modelBias": None, "output": None, **existing}
    adopted = shop.baseline(**spec)
    assert adopted.profile_uri is None
    columns = {"probability": "result.value"}
    for compatibility in ("Default", "SageMaker"):
        monitor = shop.bias_monitor(columns=columns, modelBias={"compatibility": compatibility})
        result = shop.judge_bias(adopted, 20, monitor)
        assert verdicts(result)["dppl_check"] is Verdict.VIOLATION


def test_the_flip_test_is_judged_by_the_rows_of_both(shop: BiasShop, files: BaselineFiles) -> None:
    monitor = shop.bias_monitor(modelBias={"metrics": ["FT"]})
    shop.write_day(20)
    same = shop.judge_bias(files, 20, monitor)
    assert verdicts(same) == {"ft_check": Verdict.PASS}
    (finding,) = same.findings
    assert finding.evidence is not None
    assert not finding.evidence.learned
    assert finding.evidence.limit > 0.1
    shop.unfair = 0.5
    shop.write_day(21)
    assert verdicts(shop.judge_bias(files, 21, monitor)) == {"ft_check": Verdict.VIOLATION}


def test_the_flip_test_needs_features_which_an_adopted_analysis_does_not_tell(
    shop: BiasShop, files: BaselineFiles
) -> None:
    shop.payload = "JSON"
    shop.write_day(20)
    existing = {"existing": {"constraintsURI": files.constraints_uri}}
    adopted = shop.baseline(**{"dataset": None, "modelBias": None, "output": None, **existing})
    columns = {"probability": "result.value"}
    for settings in ({"metrics": ["FT"]}, {"compatibility": "SageMaker"}):
        result = shop.judge_bias(adopted, 20, shop.bias_monitor(columns=columns, modelBias=settings))
        assert verdicts(result)["ft_check"] is Verdict.INSUFFICIENT_DATA
        (flips,) = (finding for finding in result.findings if finding.check == "ft_check")
        assert "which columns are features; make it from a dataset" in flips.description


def adopt_with_configuration(shop: BiasShop, files: BaselineFiles, **config: Any) -> BaselineFiles:
    """The analysis adopted, beside a configuration as Clarify's jobs have it."""
    whole = {"headers": ["bought", "x", "y", "plan"], "label": "bought", "group_variable": 3} | config
    (shop.root / "analysis_config.json").write_text(json.dumps(whole))
    existing = {"existing": {"constraintsURI": files.constraints_uri}}
    return shop.baseline(**{"dataset": None, "modelBias": None, "output": None, **existing})


CONFIGURED = {"compatibility": "SageMaker", "analysisConfigURI": "pvc://shop/analysis_config.json"}


def test_clarifys_headers_name_the_columns_of_captured_csv(shop: BiasShop, files: BaselineFiles) -> None:
    shop.write_day(20)
    adopted = adopt_with_configuration(shop, files)
    answer = {"probability": "0"}
    with pytest.raises(InputError, match="no record has 'plan'"):
        shop.judge_bias(adopted, 20, shop.bias_monitor(columns=answer))
    result = shop.judge_bias(adopted, 20, shop.bias_monitor(columns=answer, modelBias=CONFIGURED))
    named = shop.judge_bias(files, 20, shop.bias_monitor(modelBias={"compatibility": "SageMaker"}))
    assert result.facets == named.facets == ("plan = b",)
    assert result.measured[0]["DPPL"] == named.measured[0]["DPPL"]
    assert result.measured[0]["FT"] == named.measured[0]["FT"], "features are known, too"
    assert result.measured[0]["CDDL"].defined, "by the group_variable"
    by_default = CONFIGURED | {"compatibility": "Default", "metrics": ["DPPL", "FT"]}
    judged = verdicts(shop.judge_bias(adopted, 20, shop.bias_monitor(columns=answer, modelBias=by_default)))
    assert judged == {"dppl_check": Verdict.PASS, "ft_check": Verdict.PASS}


def test_clarifys_threshold_holds_unless_the_monitor_says_its_own(shop: BiasShop, files: BaselineFiles) -> None:
    shop.write_day(20)
    adopted = adopt_with_configuration(shop, files, probability_threshold=0.9)

    def approved(**settings: Any) -> float | None:
        monitor = shop.bias_monitor(columns={"probability": "0"}, modelBias=CONFIGURED | settings)
        return shop.judge_bias(adopted, 20, monitor).measured[0]["DPPL"].value

    own = shop.bias_monitor(modelBias={"compatibility": "SageMaker"})
    assert approved(probabilityThreshold=0.5) == shop.judge_bias(files, 20, own).measured[0]["DPPL"].value
    assert approved() != approved(probabilityThreshold=0.5)


def test_headers_with_a_name_twice_are_an_error(shop: BiasShop, files: BaselineFiles) -> None:
    adopted = adopt_with_configuration(shop, files, headers=["bought", "x", "x", "plan"])
    monitor = shop.bias_monitor(columns={"probability": "0"}, modelBias=CONFIGURED)
    with pytest.raises(InputError, match="headers: 'x' stands twice"):
        shop.judge_bias(adopted, 20, monitor)


def test_a_configuration_belongs_to_the_baseline_of_a_dataset(shop: BiasShop, files: BaselineFiles) -> None:
    with pytest.raises(ConfigurationError, match=r"modelBias\.analysisConfigURI: the baseline was made from a dataset"):
        shop.judge_bias(files, 20, shop.bias_monitor(modelBias=CONFIGURED))


def test_a_facet_that_was_added_by_hand_says_what_to_do(shop: BiasShop, files: BaselineFiles) -> None:
    shop.write_day(20)
    document = analysis_of(shop, files)
    facets = document["pre_training_bias_metrics"]["facets"]
    facets["plan"].append(facets["plan"][0] | {"value_or_threshold": "a"})
    write(shop, files, document)
    result = shop.judge_bias(files, 20)
    assert result.facets == ("plan = b",)
    (note,) = (note for note in result.notes if "facet plan a" in note)
    assert "name it in modelBias.facets of the Baseline" in note


def test_clarifys_configuration_is_read(shop: BiasShop) -> None:
    config = {
        "label": "bought",
        "label_values_or_threshold": [1],
        "facet": [
            {"name_or_index": "plan", "value_or_threshold": ["b"]},
            {"name_or_index": "x", "value_or_threshold": [0]},
        ],
        "group_variable": "plan",
        "methods": {"pre_training_bias": {"methods": ["DPL", "CDDL"]}, "post_training_bias": {"methods": ["DPPL"]}},
    }
    (shop.root / "analysis_config.json").write_text(json.dumps(config))
    files = shop.baseline(modelBias={"analysisConfigURI": "pvc://shop/analysis_config.json"})
    document = analysis_of(shop, files)["pre_training_bias_metrics"]["facets"]
    assert [each["name"] for each in document["plan"][0]["metrics"]] == ["CDDL", "DPL"]
    assert document["x"][0]["value_or_threshold"].startswith("(0.0, ")
    shop.write_day(20)
    result = shop.judge_bias(files, 20)
    assert result.facets == ("plan = b", "x > 0")
    assert len(result.findings) == 4
    assert result.measured[1]["CDDL"].defined


@pytest.mark.parametrize(
    ("bias", "error"),
    [
        ({"facets": [{"name": "plan", "values": ["c"]}]}, "no row has plan = c"),
        ({"facets": [{"name": "plam", "values": ["b"]}]}, "has no column 'plam'"),
        ({"facets": [{"name": "x"}]}, r"modelBias\.facets\[0\]: column 'x' has numbers, and no threshold is given"),
        ({"facets": [{"name": "plan", "values": ["b"]}, {"name": "plan"}]}, "the same group of 'plan' twice"),
    ],
)
def test_facets_that_can_not_be_compared(shop: BiasShop, bias: dict[str, Any], error: str) -> None:
    with pytest.raises(MonitorError, match=error):
        shop.baseline(modelBias=FACETS | bias)


def test_records_without_the_facet_are_an_error(shop: BiasShop, files: BaselineFiles) -> None:
    shop.payload = "JSON"
    shop.write_day(20)
    monitor = shop.bias_monitor(columns={"probability": "result.value"})
    assert shop.judge_bias(files, 20, monitor).rows == 600
    renamed = shop.baseline(
        modelBias=FACETS | {"facets": [{"name": "bought", "values": ["1"]}]},
    )
    with pytest.raises(InputError, match="no record has 'bought'"):
        shop.judge_bias(renamed, 20, monitor)


def test_segments_are_refused(shop: BiasShop) -> None:
    with pytest.raises(ConfigurationError, match=r"spec\.columns\.segments: not for ModelBias"):
        shop.baseline(columns={"groundTruth": "bought", "probability": "score", "segments": ["plan"]})


def test_a_window_is_judged_again_as_labels_come(shop: BiasShop, files: BaselineFiles) -> None:
    for day in (20, 21):
        shop.write_day(day, 400, late=timedelta(hours=1))
    # Later, good labels of plan b are taken back.
    made = rows("BinaryClassification", 400, 20)
    for place, row in enumerate(made):
        if row.plan == "b" and row.x[1] > 0:
            shop.write_label(f"order-{place + 1}", "0", START + 21 * DAY + timedelta(hours=12))
    spec = shop.bias_monitor({"recheck": "P2D"})
    schedule = MonitoringSchedule.model_validate({"metadata": {"name": "shop"}, "spec": spec.to_dict()})
    span = Window(START + 20 * DAY, START + 22 * DAY)
    runs = occasions("shop", spec, span.end, span)
    own, again, later = replay(schedule, spec, files, runs, shop.storage, lambda: datetime.now(UTC))
    assert own.performed is not None
    assert again.performed is not None
    assert later.performed is not None
    assert own.performed.result.summary.startswith("No violation")
    assert again.again == "plan = b: dpl_check is Violation now"
    assert again.performed.result.summary.startswith("1 violation: DPL of plan = b")
    document = json.loads(shop.storage.read_bytes(f"{again.performed.folder}/execution.json"))
    (revision,) = document["revisions"]
    assert [metric["metric"] for metric in revision["metrics"]] == ["DPL plan = b", "DPPL plan = b"]
    assert document["status"]["labels"]["revision"] == 1
    (facet,) = document["bias"]["facets"]
    assert facet["facet"] == "plan = b"
    assert {"EOD", "EOR", *PRE_TRAINING, *POST_TRAINING} == {metric["metric"] for metric in facet["metrics"]}
    assert facet["group"]["rows"] + facet["others"]["rows"] == 400


def test_another_threshold_than_the_baselines_is_refused(shop: BiasShop, files: BaselineFiles) -> None:
    shop.write_day(20)
    monitor = shop.bias_monitor(modelBias={"probabilityThreshold": 0.8})
    with pytest.raises(ConfigurationError, match=r"modelBias\.probabilityThreshold: is 0\.8, the baseline .* 0\.5"):
        shop.judge_bias(files, 20, monitor)


def test_good_labels_that_no_row_has_are_refused(shop: BiasShop) -> None:
    facets = {"positiveLabels": ["yes"], "facets": [{"name": "plan", "values": ["b"]}]}
    with pytest.raises(InputError, match=r"no label of 7,000 is yes; write in modelBias.positiveLabels"):
        shop.baseline(modelBias=facets)


def test_labels_that_are_written_otherwise_now_fail_the_run(shop: BiasShop, files: BaselineFiles) -> None:
    shop.write_day(20, label=lambda row: {"0": "no", "1": "yes"}[row.label])
    with pytest.raises(InputError, match=r"no label of 600 is 1, \d+% were in the baseline; are labels written as"):
        shop.judge_bias(files, 20)


def test_a_model_that_gives_nobody_a_good_answer_is_judged_and_told(shop: BiasShop, files: BaselineFiles) -> None:
    shop.unfair = 1.0
    shop.write_day(20)
    result = shop.judge_bias(files, 20, monitor=shop.bias_monitor(columns={"groundTruth": None, "prediction": "plan"}))
    assert any(note.startswith("no answer of 600 is 1") for note in result.notes)
    assert result.judged
