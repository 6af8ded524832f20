"""The made shop, whose model and labels may treat customers by their plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult
from model_monitor_jobs.runs.monitor import run_monitor
from tests.unit.jobs.runs.shop import DAY, START, Row, Shop

FACETS: dict[str, Any] = {"positiveLabels": ["1"], "facets": [{"name": "plan", "values": ["b"]}]}


@dataclass
class BiasShop(Shop):
    """`unfair` is what is taken from the probability of customers with plan b, in captured requests."""

    unfair: float = 0.0

    def _event(self, row: Row, id: str, moment: datetime) -> dict[str, Any]:
        if row.plan == "b" and row.probability is not None:
            row = replace(row, probability=round(max(0.0, row.probability - self.unfair), 4))
        return super()._event(row, id, moment)

    def baseline_spec(self, **changes: Any) -> BaselineSpec:
        """A Baseline of bias on the training set."""
        bias = {"monitoringType": "ModelBias", "modelQuality": None, "modelBias": FACETS}
        return super().baseline_spec(**(bias | changes))

    def bias_monitor(self, truth: dict[str, Any] | None = None, **changes: Any) -> MonitoringScheduleSpec:
        """A monitor of the captured requests."""
        return self.monitor(truth, **({"monitoringType": "ModelBias"} | changes))

    def judge_bias(
        self,
        files: BaselineFiles,
        day: int,
        monitor: MonitoringScheduleSpec | None = None,
        as_of: timedelta = 2 * DAY,
    ) -> ModelBiasResult:
        """Judge a day with the labels known `as_of` after its beginning."""
        start = START + day * DAY
        window = Window(start, start + DAY)
        result = run_monitor(monitor or self.bias_monitor(), files, window, self.storage, LabelsAsOf(start + as_of))
        assert isinstance(result, ModelBiasResult)
        return result
