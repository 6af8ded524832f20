"""Pages of bias runs, from the made shop's traffic."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from model_monitor_crds.bias import ModelBias
from model_monitor_crds.monitoringschedule import Alert
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.model import Report
from model_monitor_jobs.reports.html.model_bias import report_of
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult
from tests.report.examples import HOSTILE
from tests.unit.jobs.runs.bias_shop import FACETS, BiasShop

_FACETS = FACETS | {"facets": [{"name": "plan", "values": ["b"]}, {"name": "x", "threshold": 0}], "group": "plan"}


def alert() -> Report:
    """A model that became unfair, where one violation is an alert."""
    return _page(_judged(unfair=0.5), alert=Alert(datapoints_to_alert=1, evaluation_periods=1))


def few() -> Report:
    """A group that is too small."""
    return _page(_judged(settings='{"minimumFacetSize": 1000}'))


def original() -> Report:
    """SageMaker's rule."""
    settings = '{"compatibility": "SageMaker"}'
    return _page(_judged(unfair=0.5, settings=settings), model_bias=ModelBias.model_validate_json(settings))


def hostile() -> Report:
    """A group whose name is markup."""
    return _page(_judged(plan=HOSTILE.replace(",", "").replace('"', "").replace("\n", " ")))


@cache
def _judged(unfair: float = 0.0, settings: str = "{}", plan: str = "b") -> ModelBiasResult:
    with TemporaryDirectory() as folder:
        shop = BiasShop(Path(folder), unfair=unfair)
        shop.write_training(days=8, a_day=300)
        bias = _FACETS
        if plan != "b":
            training = shop.root / "training.csv"
            training.write_text(training.read_text().replace(",b,", f",{plan},"))
            bias = _FACETS | {"facets": [{"name": "plan", "values": [plan]}]}
        shop.write_day(20, 500)
        own = ModelBias.model_validate_json(settings).to_dict()
        return shop.judge_bias(shop.baseline(modelBias=bias), 20, shop.bias_monitor(modelBias=own))


def _page(result: ModelBiasResult, **context: Any) -> Report:
    return report_of(result, ReportContext("credit-bias", model="credit", execution="credit-bias-1", **context))
