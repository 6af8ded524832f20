"""Pages of explainability runs, of the made shop's model."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from model_monitor_crds.model_explainability import ModelExplainability
from model_monitor_crds.monitoringschedule import Alert
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.model import Report
from model_monitor_jobs.reports.html.model_explainability import report_of
from model_monitor_jobs.runs.model_explainability_result import ModelExplainabilityResult
from tests.report.examples import HOSTILE
from tests.unit.jobs.runs.explained_shop import ExplainedShop, answer_csv, answer_json, model

_JSON = {
    "protocol": "JSON",
    "contentTemplate": '{"instances": $records}',
    "recordTemplate": "$features_kvp",
    "output": "predictions[*].scores",
    "labels": ["yes", "no, or rather the opposite of yes"],
}


def alert() -> Report:
    """A feature in another unit, where one violation is an alert."""
    return _page(_explained(scale=0.1), alert=Alert(datapoints_to_alert=1, evaluation_periods=1))


def quiet() -> Report:
    """A day like the baseline."""
    return _page(_explained())


def few() -> Report:
    """Too few rows."""
    return _page(_explained(rows=25))


def original() -> Report:
    """SageMaker's rule."""
    settings = {"compatibility": "SageMaker"}
    judged = _explained(scale=0.1, compatibility="SageMaker")
    return _page(judged, model_explainability=ModelExplainability.model_validate(settings))


def of_two_outputs() -> Report:
    """A model with two outputs that have names."""
    return _page(_explained(scale=0.1, outputs=2))


def hostile() -> Report:
    """A feature whose name, and a category whose value is markup."""
    return _page(_explained(scale=0.1, name=HOSTILE.replace(",", "").replace('"', "").replace("\n", " ")))


@cache
def _explained(
    scale: float = 1.0, rows: int = 400, compatibility: str = "Default", outputs: int = 1, name: str = ""
) -> ModelExplainabilityResult:
    with TemporaryDirectory() as folder, model(answer_csv if outputs == 1 else answer_json) as server:
        shop = ExplainedShop(Path(folder), url=server.url)
        shop.write_training(days=8, a_day=100)
        asked = {"url": server.url, **(_JSON if outputs > 1 else {})}
        settings = shop.explained(model=asked, partialDependence={"topFeatures": 3})
        if name:
            training = shop.root / "training.csv"
            head, _, rest = training.read_text().partition("\n")
            training.write_text("\n".join([head.replace("plan", name), rest.replace(",b,", f",{name},")]))
        files = shop.baseline(modelExplainability=settings)
        shop.scale = scale
        shop.write_day(20, rows)
        return shop.explain(files, 20, shop.explaining({"compatibility": compatibility}))


def _page(result: ModelExplainabilityResult, **context: Any) -> Report:
    return report_of(result, ReportContext("credit-reasons", model="credit", execution="credit-reasons-1", **context))
