"""Model quality from traffic and labels to verdicts: three problems, endpoints and batch folders, late labels."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sklearn import metrics as oracle

from model_monitor_crds.model_quality import ProblemType
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import ConfigurationError, InputError, MonitorError
from model_monitor_jobs.sagemaker.documents import to_json
from tests.unit.jobs.runs.shop import DAY, START, Payload, Shop, rows

PROBLEMS: list[ProblemType] = ["BinaryClassification", "MulticlassClassification", "Regression"]
PRIMARY = {"BinaryClassification": "auc", "MulticlassClassification": "accuracy", "Regression": "mae"}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write_training()
    return made


def test_metrics_of_a_window_are_scikit_learns(shop: Shop) -> None:
    shop.write_day(20)
    result = shop.judge(shop.baseline(), 20)
    made = rows("BinaryClassification", 600, 20)
    labels = [int(row.label) for row in made]
    scores = [row.probability or 0.0 for row in made]
    answers = [int(score > 0.5) for score in scores]
    expected = {
        "auc": oracle.roc_auc_score(labels, scores),
        "accuracy": oracle.accuracy_score(labels, answers),
        "f1": oracle.f1_score(labels, answers),
        "log_loss": oracle.log_loss(labels, scores),
    }
    assert {name: result.measured[name].value for name in expected} == pytest.approx(expected)
    assert (result.coverage.records, result.coverage.matched, result.needed.share) == (600, 600, 1.0)
    (finding,) = result.findings
    assert (finding.check, finding.verdict) == ("auc_check", Verdict.PASS)
    assert finding.evidence is not None
    assert finding.evidence.learned
    assert "all 600 rows have a label" in result.summary


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("payload", ["CSV", "JSON", "instances"])
def test_a_model_that_got_worse_is_seen(problem: ProblemType, payload: Payload, tmp_path: Path) -> None:
    shop = Shop(tmp_path, problem, payload)
    shop.write_training()
    shop.write_day(20)
    shop.write_day(21, wrong=0.6)
    files = shop.baseline()
    columns = shop.baseline_spec().columns.to_dict()
    role = "probability" if problem == "BinaryClassification" else "prediction"
    selector = {"CSV": "0", "JSON": "result.value", "instances": "predictions[*].result.value"}[payload]
    monitor = shop.monitor(columns={"groundTruth": "bought", "exclude": columns["exclude"], role: selector})
    for day, verdict in ((20, Verdict.PASS), (21, Verdict.VIOLATION)):
        result = shop.judge(files, day, monitor=monitor)
        (finding,) = result.findings
        assert finding.check == f"{PRIMARY[problem]}_check"
        assert finding.verdict is verdict, finding.description
    assert finding.description.endswith("worse")
    violations = result.documents()["constraint_violations.json"]["violations"]
    operator = "GreaterThanThreshold" if problem == "Regression" else "LessThanThreshold"
    assert [(v["metric_name"], v["constraint_check_type"]) for v in violations] == [(PRIMARY[problem], operator)]


def test_the_same_window_and_labels_give_the_same_bytes(shop: Shop) -> None:
    shop.write_day(20)
    files = shop.baseline()
    first, second = (shop.judge(files, 20, as_of=timedelta(hours=30)) for _ in range(2))
    assert 0.3 < first.needed.share < 0.6
    assert to_json(first.documents()["statistics.json"]) == to_json(second.documents()["statistics.json"])
    later = shop.judge(files, 20)
    assert later.needed.share == 1.0
    assert to_json(first.documents()["statistics.json"]) != to_json(later.documents()["statistics.json"])


def test_early_labels_never_pass(shop: Shop) -> None:
    shop.write_day(20, labelled=0.7)
    files = shop.baseline()
    (finding,) = shop.judge(files, 20).findings
    assert finding.verdict is Verdict.INSUFFICIENT_DATA
    assert "420 of 600 records have a label (70.0 %), 80.0 % are needed" in finding.description
    lenient = shop.monitor({"minimumCoverage": 0.6})
    (finding,) = shop.judge(files, 20, monitor=lenient).findings
    assert finding.verdict is Verdict.PASS


def test_segments_are_judged_apart(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write_training(a_day=1500)
    shop.write_day(20, 2000, label=lambda row: "1" if row.plan == "b" and float(row.x[0]) < 0 else row.label)
    columns = shop.baseline_spec().columns.to_dict() | {"segments": ["plan"]}
    files = shop.baseline(columns=columns)
    result = shop.judge(files, 20, monitor=shop.monitor(columns=columns))
    found = {finding.segment: finding.verdict for finding in result.findings}
    assert found[("plan", "a")] is Verdict.PASS
    assert found[("plan", "b")] is Verdict.VIOLATION
    with pytest.raises(ConfigurationError, match=r"spec\.columns\.segments: the baseline was not made with 'x'"):
        shop.judge(files, 20, monitor=shop.monitor(columns=columns | {"segments": ["x"]}))


def test_asked_for_metrics_share_the_family(shop: Shop) -> None:
    shop.write_day(20)
    files = shop.baseline()
    settings: dict[str, Any] = {"metrics": ["accuracy", "cost"], "costs": {"falsePositive": 5, "falseNegative": 50}}
    result = shop.judge(files, 20, monitor=shop.monitor(modelQuality=settings))
    assert [finding.check for finding in result.findings] == ["accuracy_check", "cost_check"]
    matrix = result.documents()["statistics.json"]["binary_classification_metrics"]["confusion_matrix"]
    cost = (5 * matrix["0"]["1"] + 50 * matrix["1"]["0"]) / 600
    assert result.measured["cost"].value == pytest.approx(cost)
    (alone,) = shop.judge(files, 20, monitor=shop.monitor(modelQuality={"metrics": ["accuracy"]})).findings
    assert alone.evidence is not None
    assert result.findings[0].evidence is not None
    assert alone.evidence.noise < result.findings[0].evidence.noise


def with_label(text: str, of: float = 1.0) -> Any:
    """Labels of which a share is replaced."""
    return lambda row: text if (row.x[0] * 1e6) % 1 < of else row.label


@pytest.mark.parametrize(
    ("problem", "label", "error"),
    [
        (
            "BinaryClassification",
            "maybe",
            r'600 of 600 labels .* groundTruth.maxUnreadableShare allows: "maybe"; the baseline knows "0", "1"',
        ),
        ("Regression", "dear", r'600 of 600 labels can.t be used, more than .*: "dear"; a number is expected'),
    ],
)
def test_labels_of_another_kind_are_an_error(problem: ProblemType, label: str, error: str, tmp_path: Path) -> None:
    shop = Shop(tmp_path, problem)
    shop.write_training()
    shop.write_day(20, label=with_label(label))
    with pytest.raises(InputError, match=error):
        shop.judge(shop.baseline(), 20)


def test_a_few_wrong_labels_are_left_out_and_told(shop: Shop) -> None:
    shop.write_day(20, label=with_label("maybe", of=0.05))
    result = shop.judge(shop.baseline(), 20)
    assert 0.9 < result.needed.share < 1
    assert any("their label can't be used" in note and '"maybe"' in note for note in result.notes)


def test_an_unknown_class_of_many_is_a_class(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "MulticlassClassification")
    shop.write_training()
    shop.write_day(20, label=with_label("ship", of=0.3))
    result = shop.judge(shop.baseline(), 20)
    matrix = result.documents()["statistics.json"]["multiclass_classification_metrics"]["confusion_matrix"]
    assert sum(matrix["ship"].values()) > 100
    assert result.findings[0].verdict is Verdict.VIOLATION


def test_labels_of_one_class_can_not_be_judged(shop: Shop) -> None:
    shop.write_day(20, label=lambda _: "1")
    (finding,) = shop.judge(shop.baseline(), 20).findings
    assert finding.verdict is Verdict.INSUFFICIENT_DATA
    assert "all 600 labels are 1" in finding.description


def test_a_baseline_needs_both_classes(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write_training(label=lambda _: "1")
    with pytest.raises(InputError, match="a baseline needs rows of both classes"):
        shop.baseline()


def test_which_label_is_positive_must_be_clear(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    words = {"1": "bought", "0": "left"}
    shop.write_training(label=lambda row: words[row.label])
    with pytest.raises(ConfigurationError, match=r'unclear; found "bought", "left".*modelQuality\.positiveLabel'):
        shop.baseline()
    problem = {"problemType": "BinaryClassification", "positiveLabel": "bought"}
    files = shop.baseline(modelQuality=problem)
    shop.write_day(20, label=lambda row: words[row.label])
    assert shop.judge(files, 20).findings[0].verdict is Verdict.PASS
    other = shop.monitor(modelQuality={"positiveLabel": "left"})
    with pytest.raises(ConfigurationError, match=r"spec\.modelQuality\.positiveLabel: is 'left', the baseline's is"):
        shop.judge(files, 20, monitor=other)


def test_probabilities_without_a_threshold_are_cut_at_one_half(shop: Shop) -> None:
    shop.write_day(20)
    made = rows("BinaryClassification", 600, 20)
    for threshold, settings in ((0.5, {}), (0.8, {"probabilityThreshold": 0.8})):
        files = shop.baseline(modelQuality={"problemType": "BinaryClassification", **settings})
        result = shop.judge(files, 20, monitor=shop.monitor(modelQuality=settings))
        answers = [int((row.probability or 0.0) > threshold) for row in made]
        expected = oracle.recall_score([int(row.label) for row in made], answers)
        assert result.measured["recall"].value == pytest.approx(expected)


def test_another_threshold_than_the_baselines_is_refused(shop: Shop) -> None:
    shop.write_day(20)
    monitor = shop.monitor(modelQuality={"probabilityThreshold": 0.8})
    with pytest.raises(MonitorError, match=r"probabilityThreshold: is 0\.8, the baseline was measured at 0\.5"):
        shop.judge(shop.baseline(), 20, monitor=monitor)


def test_a_score_that_is_no_probability_is_an_error(shop: Shop) -> None:
    shop.write_day(20)
    monitor = shop.monitor(columns=shop.baseline_spec().columns.to_dict() | {"probability": "x"})
    with pytest.raises(InputError, match=r"answers can.t be used.*columns\.probability \(from 0 to 1\)"):
        shop.judge(shop.baseline(), 20, monitor=monitor)


def test_an_answer_that_is_not_there_is_named(shop: Shop) -> None:
    shop.write_day(20)
    monitor = shop.monitor(columns=shop.baseline_spec().columns.to_dict() | {"probability": "chance"})
    with pytest.raises(
        MonitorError, match=r"spec\.columns\.probability: no record of pvc://shop/capture has an output 'chance'"
    ):
        shop.judge(shop.baseline(), 20, monitor=monitor)


def test_a_metric_of_another_problem_is_refused(shop: Shop) -> None:
    shop.write_day(20)
    files = shop.baseline()
    for metric, error in (("mae", "'mae' is no metric of BinaryClassification"),):
        with pytest.raises(ConfigurationError, match=error):
            shop.judge(files, 20, monitor=shop.monitor(modelQuality={"metrics": [metric]}))
    with pytest.raises(ConfigurationError, match=r"problemType: is Regression, the baseline's is BinaryClassification"):
        shop.judge(files, 20, monitor=shop.monitor(modelQuality={"problemType": "Regression"}))


def test_labels_that_name_other_ids_are_told(shop: Shop) -> None:
    shop.write_day(20, labelled=0)
    for number in range(50):
        shop.write_label(f"another-{number}", "1", START + 20 * DAY)
    result = shop.judge(shop.baseline(), 20)
    assert any("none of 50 labels names a record of this window" in note for note in result.notes)


def test_the_later_label_wins(shop: Shop) -> None:
    shop.write_day(20)
    for id in list(shop.known)[:100]:
        shop.write_label(id, "0", START + 22 * DAY)
    files = shop.baseline()
    before = shop.judge(files, 20)
    after = shop.judge(files, 20, as_of=3 * DAY)
    assert (before.coverage.relabelled, after.coverage.relabelled) == (0, 100)
    assert after.measured["recall"].count < before.measured["recall"].count
