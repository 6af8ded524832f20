"""Attributions from a live model to verdicts: both rules, all protocols, adopted files, models that fail."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_monitor_crds import MonitoringSchedule
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.run import Occasion
from model_monitor_crds.window import Window
from model_monitor_jobs.attribution.aggregate import aggregate
from model_monitor_jobs.checks.explainability.words import ORDER_CHECK, SHARE_CHECK
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.execution.perform import MonitorRun, perform_monitor, started_status
from model_monitor_jobs.models.attempts import Attempts
from model_monitor_jobs.models.payloads import KServeV2Answer
from model_monitor_jobs.models.predictor import AnswerError, ModelUnavailable
from model_monitor_jobs.runs import asked_model
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.runs.explained_rows import PROGRESS
from model_monitor_jobs.runs.history import earlier_results
from tests.unit.jobs.models.model_server import GONE, Asked, ModelServer, Reply
from tests.unit.jobs.runs.explained_shop import WEIGHTS, ExplainedShop, answer_csv, answer_json, model
from tests.unit.jobs.runs.shop import DAY, START

NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model() as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, server: ModelServer) -> ExplainedShop:
    made = ExplainedShop(tmp_path, url=server.url)
    made.write_training(days=14, a_day=100)
    return made


@pytest.fixture
def files(shop: ExplainedShop) -> BaselineFiles:
    return shop.baseline()


def analysis(shop: ExplainedShop, files: BaselineFiles) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shop.storage.read_bytes(files.constraints_uri))
    return found


def write_analysis(shop: ExplainedShop, values: dict[str, float]) -> str:
    document = {
        "version": "1.0",
        "explanations": {"kernel_shap": {"label0": {"global_shap_values": values, "expected_value": 0.1}}},
    }
    (shop.root / "analysis.json").write_text(json.dumps(document))
    return "pvc://shop/analysis.json"


def adopted(shop: ExplainedShop, values: dict[str, float]) -> BaselineFiles:
    existing = {"constraintsURI": write_analysis(shop, values)}
    return shop.baseline(dataset=None, output=None, existing=existing, modelExplainability=None, columns={})


def test_values_of_a_linear_model_are_its_weights_times_distances_from_the_background(
    shop: ExplainedShop,
) -> None:
    background = [{"x": 1.0, "y": -1, "plan": "a"}, {"x": 0.0, "y": 2, "plan": "b"}]
    files = shop.baseline(modelExplainability=shop.explained(sampleSize=2000, shap={"background": background}))
    with (shop.root / "training.csv").open() as file:
        rows = list(csv.DictReader(file))
    x, y = (np.array([float(row[name]) for row in rows]) for name in ("x", "y"))
    plan = np.array([row["plan"] == "b" for row in rows])
    found = analysis(shop, files)["explanations"]["kernel_shap"]["label0"]
    assert found["global_shap_values"] == pytest.approx(
        {
            "x": np.abs(WEIGHTS["x"] * (x - 0.5)).mean(),
            "y": np.abs(WEIGHTS["y"] * (y - 0.5)).mean(),
            "plan": np.abs(WEIGHTS["plan"] * (plan - 0.5)).mean(),
        }
    )
    # Both background rows: 2 + 1 + 0 and 0 - 2 + .5.
    assert found["expected_value"] == pytest.approx((3 - 1.5) / 2)
    assert (files.record_count, files.column_count) == (1_400, 3)


def test_a_baseline_is_the_same_when_it_is_made_again_and_leaves_no_progress(shop: ExplainedShop) -> None:
    first, second = shop.baseline(), shop.baseline()
    assert first == second
    assert not list(shop.root.rglob("*progress*"))


def test_a_day_like_the_baseline_passes_and_a_feature_in_another_unit_is_found(
    shop: ExplainedShop, files: BaselineFiles
) -> None:
    shop.write_day(20, 400)
    calm = shop.explain(files, 20)
    assert {finding.verdict for finding in calm.findings} == {Verdict.PASS}
    assert calm.summary.startswith("No violation: NDCG 1.000")
    shop.scale = 0.1
    shop.write_day(21, 400)
    changed = shop.explain(files, 21)
    found = {(finding.column, finding.check): finding for finding in changed.findings}
    assert found["", ORDER_CHECK].violated
    assert found["x", SHARE_CHECK].violated
    assert found["y", SHARE_CHECK].violated
    assert "most has changed x" in found["", ORDER_CHECK].description
    violations = changed.documents()["constraint_violations.json"]["violations"]
    assert {each["constraint_check_type"] for each in violations} == {ORDER_CHECK, SHARE_CHECK}


def test_a_change_of_size_without_another_order_is_seen(shop: ExplainedShop, files: BaselineFiles) -> None:
    shop.scale = 4.0
    shop.write_day(20, 400)
    result = shop.explain(files, 20)
    found = {(finding.column, finding.check): finding for finding in result.findings}
    assert found["", ORDER_CHECK].verdict is Verdict.PASS
    assert found["", ORDER_CHECK].observed.startswith("1.000")
    assert found["x", SHARE_CHECK].violated
    assert "of all attribution" in found["x", SHARE_CHECK].description


def test_shares_know_what_the_days_of_the_baseline_do(shop: ExplainedShop) -> None:
    made = make_baseline(shop.baseline_spec(modelExplainability=shop.explained(sampleSize=600)), shop.storage)
    files = made.files
    assert any(note.startswith("learned how much") for note in made.notes)
    shop.write_day(20, 400)
    result = shop.explain(files, 20)
    shares = [finding for finding in result.findings if finding.check == SHARE_CHECK]
    assert all(finding.evidence is not None and finding.evidence.learned for finding in shares)


def test_limits_are_said_to_know_the_windows_that_they_were_learned_from(shop: ExplainedShop) -> None:
    made = make_baseline(shop.baseline_spec(modelExplainability=shop.explained(sampleSize=420)), shop.storage)
    (learned,) = (re.findall(r"learned how much (\d+) windows", note)[0] for note in made.notes if "learned" in note)
    # 420 rows of 14 days: 30 are the fewest, and some days have not so many.
    assert 8 <= int(learned) < 14
    shop.write_day(20, 400)
    known = next(note for note in shop.explain(made.files, 20).notes if note.startswith("limits know"))
    assert f"the baseline's {learned} windows" in known


def test_too_few_rows_are_no_verdict(shop: ExplainedShop, files: BaselineFiles) -> None:
    shop.write_day(20, 25)
    result = shop.explain(files, 20)
    assert {finding.verdict for finding in result.findings} == {Verdict.INSUFFICIENT_DATA}
    assert result.summary.startswith("Nothing could be judged")


def test_the_window_has_clarifys_analysis_and_cloudwatchs_lines(shop: ExplainedShop, files: BaselineFiles) -> None:
    shop.write_day(20, 400)
    result = shop.explain(files, 20)
    found = result.documents()["analysis.json"]["explanations"]["kernel_shap"]["label0"]
    values = aggregate(result.attributions.local[0], "mean_abs")
    assert found["global_shap_values"] == dict(zip(("x", "y", "plan"), values, strict=True))
    lines = [json.loads(line) for line in result.published(NOW, {"MonitoringSchedule": "shop"}).splitlines()]
    assert [line["MetricName"] for line in lines] == ["feature_x", "feature_y", "feature_plan", "ExpectedValue"]


def test_sagemakers_rule_with_an_adopted_analysis(shop: ExplainedShop) -> None:
    files = adopted(shop, {"x": 0.1, "y": 0.5, "plan": 0.9})
    shop.write_day(20, 400)
    settings = {
        "model": {"url": shop.url},
        "shap": {"background": [{"x": 0, "y": 0, "plan": "a"}]},
        "compatibility": "SageMaker",
    }
    result = shop.explain(files, 20, shop.explaining(settings, columns={}))
    (finding,) = result.findings
    (violation,) = result.documents()["constraint_violations.json"]["violations"]
    # Live order x, y, plan: gains .1, .5, .9 in this order over the ideal one.
    discounts = 1 / np.log2([2, 3, 4])
    ndcg = float(np.dot([0.1, 0.5, 0.9], discounts) / np.dot([0.9, 0.5, 0.1], discounts))
    assert violation["metric_name"] == "shap"
    assert violation["description"].startswith("Feature attribution drift 0.")
    assert float(violation["description"].split()[3]) == pytest.approx(ndcg)
    assert finding.violated


def test_an_adopted_analysis_needs_a_model_and_a_background(shop: ExplainedShop) -> None:
    files = adopted(shop, {"x": 0.9, "y": 0.5, "plan": 0.1})
    shop.write_day(20, 400)
    with pytest.raises(ConfigurationError, match=r"modelExplainability\.model: is missing"):
        shop.explain(files, 20, shop.explaining({}, columns={}))
    settings = {"model": {"url": shop.url}}
    with pytest.raises(ConfigurationError, match="has no background"):
        shop.explain(files, 20, shop.explaining(settings, columns={}))
    clustered = shop.explain(files, 20, shop.explaining(settings | {"shap": {"clusters": 5}}, columns={}))
    assert clustered.background.rows.num_rows == 5


def test_what_the_baseline_says_the_schedule_may_not(shop: ExplainedShop, files: BaselineFiles) -> None:
    shop.write_day(20, 400)
    with pytest.raises(ConfigurationError, match=r"modelExplainability.shap: the baseline was made from a dataset"):
        shop.explain(files, 20, shop.explaining({"shap": {"samples": 10}}))


def test_an_edited_analysis_is_followed(shop: ExplainedShop, files: BaselineFiles) -> None:
    shop.write_day(20, 400)
    document = analysis(shop, files)
    values = document["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    del values["plan"]
    path = shop.root / files.constraints_uri.removeprefix("pvc://shop/")
    path.write_text(json.dumps(document))
    deleted = shop.explain(files, 20)
    assert [finding.column for finding in deleted.findings] == ["", "x", "y"]
    assert any("was changed after" in note for note in deleted.notes)
    values["x"], values["y"] = 0.1, 2.0
    path.write_text(json.dumps(document))
    edited = {(finding.column, finding.check): finding for finding in shop.explain(files, 20).findings}
    assert edited["", ORDER_CHECK].violated
    assert edited["x", SHARE_CHECK].expected == "4.8 %"


def test_json_with_several_outputs_and_their_labels(tmp_path: Path) -> None:
    with model(answer_json) as server:
        shop = ExplainedShop(tmp_path, url=server.url, payload="JSON")
        shop.write_training(days=2, a_day=150)
        settings = shop.explained(
            model={
                "url": server.url,
                "protocol": "JSON",
                "contentTemplate": '{"instances": $records}',
                "recordTemplate": "$features_kvp",
                "output": "predictions[*].scores",
                "labels": ["yes", "no"],
                "headers": {"Authorization": "Bearer $(TOKEN)"},
            }
        )
        with pytest.raises(ConfigurationError, match=r"headers.Authorization: there is no environment variable TOKEN"):
            shop.baseline(modelExplainability=settings)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TOKEN", "t0p")
            files = shop.baseline(modelExplainability=settings)
            shop.write_day(20, 250)
            result = shop.explain(files, 20)
        assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer t0p"}
        labels = analysis(shop, files)["explanations"]["kernel_shap"]
        assert [*labels] == ["yes", "no"]
        assert labels["yes"]["global_shap_values"] == pytest.approx(labels["no"]["global_shap_values"])
        assert [finding.column for finding in result.findings][:3] == ["yes", "no", "x (yes)"]
        assert {result.label_of(finding) for finding in result.findings} == {"yes", "no"}


def test_a_model_that_is_down_fails_with_its_request_and_is_asked_for_the_rest_only(
    shop: ExplainedShop, files: BaselineFiles, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked_model, "HttpModel", _impatient)
    shop.write_day(20, 400)
    monitor, start = shop.explaining({"sampleSize": 200}), START + 20 * DAY
    tick = start + DAY
    run = MonitorRun(monitor, "shop", files, Occasion(tick, Window(start, tick), tick), "shop-1")
    before = len(server.asked)
    whole = _requests_of(run, shop, server)
    server.respond = _failing_after(len(server.asked) + whole // 2, server)
    again = MonitorRun(monitor, "shop", files, Occasion(tick + DAY, Window(start, tick), tick + DAY), "shop-2")
    with pytest.raises(ModelUnavailable, match=r"request \d+ to http://.* \(records \d+ to \d+\)"):
        perform_monitor(again, started_status(NOW), shop.storage, lambda: NOW)
    assert before
    folder = shop.root / again.folder.removeprefix("pvc://shop/")
    assert [path.name for path in folder.iterdir()] == [PROGRESS]
    server.respond = answer_csv
    asked = _requests_of(again, shop, server)
    assert 0 < asked < 0.8 * whole
    assert {"report.html", "analysis.json", "execution.json"} <= {path.name for path in folder.iterdir()}
    assert PROGRESS not in {path.name for path in folder.iterdir()}
    first, second = (
        json.loads((shop.root / each.folder.removeprefix("pvc://shop/") / "analysis.json").read_text())
        for each in (run, again)
    )
    assert first == second


def _impatient(endpoint: Any) -> Any:
    from model_monitor_jobs.models.http import HttpModel

    return HttpModel(endpoint, Attempts(most=2, pause=0.001))


def _requests_of(run: MonitorRun, shop: ExplainedShop, server: ModelServer) -> int:
    before = len(server.asked)
    perform_monitor(run, started_status(NOW), shop.storage, lambda: NOW)
    return len(server.asked) - before


def _failing_after(count: int, server: ModelServer) -> Any:
    def respond(asked: Asked) -> Reply:
        return answer_csv(asked) if len(server.asked) <= count else Reply(status=GONE)

    return respond


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"0.1\n", "records were asked for, the answer has 1"),
        (b"nan\n", "nan is the answer"),
        (b"no\n", "other values than numbers"),
    ],
)
def test_answers_of_no_use_are_said(
    shop: ExplainedShop, server: ModelServer, monkeypatch: pytest.MonkeyPatch, body: bytes, said: str
) -> None:
    monkeypatch.setattr(asked_model, "HttpModel", _impatient)
    server.respond = lambda asked: Reply(body if said.startswith("records") else body * asked.body.count(b"\n"))
    with pytest.raises(ModelUnavailable, match=said):
        shop.baseline()


def test_a_window_without_a_feature_is_said(shop: ExplainedShop, files: BaselineFiles) -> None:
    (shop.root / "batch.csv").write_text("x,y,plann\n" + "1,2,a\n" * 300)
    batch = shop.explaining(input={"batch": {"dataURI": "pvc://shop/batch.csv"}}, columns={})
    with pytest.raises(InputError, match=r"no record has the feature 'plan' \(did you mean 'plann'\?\)"):
        shop.explain(files, 20, batch)


def test_a_batch_folder_is_explained_and_strays_are_told(shop: ExplainedShop, files: BaselineFiles) -> None:
    lines = [f"{place / 100},{'?' if place == 7 else place % 3},a" for place in range(300)]
    (shop.root / "batch.csv").write_text("\n".join(["x,y,plan", *lines]) + "\n")
    batch = shop.explaining({"sampleSize": 300}, input={"batch": {"dataURI": "pvc://shop/batch.csv"}}, columns={})
    result = shop.explain(files, 20, batch)
    assert result.records == 300
    assert any("1 values of y are of another type" in note for note in result.notes)


def test_analysis_config_says_how_the_model_is_spoken_to_and_explained(shop: ExplainedShop) -> None:
    config = {
        "version": "1.0",
        "dataset_type": "text/csv",
        "headers": ["bought", "x", "y", "plan"],
        "label": "bought",
        "methods": {
            "shap": {
                "baseline": [[0.0, 0.0, "a"]],
                "num_samples": 50,
                "agg_method": "mean_sq",
                "seed": 7,
                "save_local_shap_values": True,
            },
            "pdp": {"features": ["x"], "grid_resolution": 5},
            "report": {"name": "report"},
        },
        "predictor": {"model_name": "m", "content_type": "text/csv", "accept_type": "text/csv", "probability": 0},
    }
    (shop.root / "analysis_config.json").write_text(json.dumps(config))
    made = make_baseline(
        shop.baseline_spec(
            modelExplainability=shop.explained(analysisConfigURI="pvc://shop/analysis_config.json", sampleSize=2000)
        ),
        shop.storage,
    )
    for key in ("dataset_type", "methods.report", "predictor.model_name"):
        assert any(note.startswith(f"{key}: has no meaning here") for note in made.notes), key
    document = analysis(shop, made.files)["explanations"]
    folder = shop.root / made.files.constraints_uri.removeprefix("pvc://shop/").rsplit("/", 1)[0]
    with (folder / "explanations_shap" / "out.csv").open() as file:
        local = list(csv.DictReader(file))
    values = np.array([float(row["x_label0"]) for row in local])
    assert document["kernel_shap"]["label0"]["global_shap_values"]["x"] == pytest.approx(float((values**2).mean()))
    (plot,) = document["pdp"]
    answers = plot["model_predictions"]["label0"]
    slopes = np.diff(answers) / np.diff(plot["feature_values"])
    assert plot["feature_name"] == "x"
    assert slopes == pytest.approx(np.full(4, WEIGHTS["x"]))
    assert sum(plot["data_distribution"]) == pytest.approx(1)


def test_a_callable_and_an_estimator_of_the_users_image(
    shop: ExplainedShop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "shop_model.py").write_text(
        "import numpy as np\n"
        "from sklearn.linear_model import LinearRegression\n"
        "def predict(rows):\n"
        "    return 2 * rows['x'].to_numpy() - rows['y'].to_numpy()\n"
        "def fitted():\n"
        "    x = np.random.RandomState(1).normal(size=(50, 2))\n"
        "    return LinearRegression().fit(x, 2 * x[:, 0] - x[:, 1])\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    columns = {"groundTruth": "bought", "timestamp": "at", "exclude": ["answer", "score", "plan"]}
    found = [
        analysis(
            shop,
            shop.baseline(
                modelExplainability=shop.explained(model=named),
                columns=columns,
                job={"image": "shop/model:1"},
                output={"uri": f"pvc://shop/{name}"},
            ),
        )
        for name, named in (
            ("callable", {"callable": "shop_model:predict"}),
            ("estimator", {"estimator": "shop_model:fitted"}),
        )
    ]
    values = [each["explanations"]["kernel_shap"]["label0"] for each in found]
    assert values[0]["global_shap_values"] == pytest.approx(values[1]["global_shap_values"])
    assert values[0]["expected_value"] == pytest.approx(values[1]["expected_value"])


def test_alerts_and_history_of_a_schedule(shop: ExplainedShop, files: BaselineFiles) -> None:
    from model_monitor_jobs.execution.local import occasions, replay

    shop.write_day(20, 400)
    shop.scale = 0.1
    shop.write_day(21, 400)
    shop.write_day(22, 400)
    schedule = MonitoringSchedule.model_validate(
        {
            "apiVersion": "modelmonitor.dev/v1alpha1",
            "kind": "MonitoringSchedule",
            "metadata": {"name": "shop"},
            "spec": shop.explaining().to_dict(),
        }
    )
    span = Window(START + 20 * DAY, START + 23 * DAY)
    runs = list(
        replay(
            schedule,
            schedule.spec,
            files,
            occasions("shop", schedule.spec, span.end + timedelta(hours=1), span),
            shop.storage,
            lambda: NOW,
        )
    )
    assert [run.error for run in runs] == [None] * 3
    assert [bool(run.alerts) for run in runs] == [False, False, True]
    history = earlier_results(shop.storage, "pvc://shop/reports", "shop", span.end)
    shares = [result.metrics["share x"].value for result in history.results]
    assert shares[0] is not None
    assert shares[1] is not None
    assert shares[0] > 2 * shares[1]
    assert "ndcg" in history.results[0].metrics
    page = (shop.root / runs[2].performed.folder.removeprefix("pvc://shop/") / "report.html").read_text()  # type: ignore[union-attr]
    assert "2 windows" in page or "second" in page


def test_a_model_that_always_answers_the_same_is_no_baseline_and_is_told(
    shop: ExplainedShop, files: BaselineFiles, server: ModelServer
) -> None:
    server.respond = lambda asked: Reply(b"0.5\n" * asked.body.count(b"\n"))
    with pytest.raises(InputError, match=r"the model answers 0.5 to all rows: no feature moves it"):
        shop.baseline(output={"uri": "pvc://shop/other"})
    shop.write_day(20, 400)
    result = shop.explain(files, 20)
    assert "violations: no feature moves the answers any more" in result.summary
    assert any(note.startswith("no feature moves the answers any more") for note in result.notes)


@pytest.mark.parametrize(
    "output",
    [
        {"name": "o", "shape": [0], "data": []},
        {"name": "o", "shape": ["2"], "data": [1]},
        {"name": ["o"], "shape": [2.0, 1], "data": [1, 2]},
        {"name": "o", "shape": [-1, -2], "data": [1, 2]},
        5,
    ],
)
def test_odd_tensors_are_answers_of_no_use(output: Any) -> None:
    outputs = output if output == 5 else [output]
    with pytest.raises(AnswerError):
        KServeV2Answer().decode(json.dumps({"outputs": outputs}).encode())
