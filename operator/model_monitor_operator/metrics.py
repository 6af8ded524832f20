"""What is exported to Prometheus: counters of the operator's own work, and gauges read from the observed state."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from model_monitor_crds.window import parse_time
from model_monitor_operator.manifests.common import Object
from model_monitor_operator.state import BASELINE, EXECUTION, SCHEDULE, State, true_condition

_STANDINGS = ("Ready", "Reconciling", "Stalled")


class Metrics:
    """The operator's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "model_monitor_api_requests",
            "Requests to the API server, but for watches.",
            ["verb", "code"],
            registry=self.registry,
        )
        self._durations = Histogram(
            "model_monitor_reconcile_duration_seconds",
            "Time to bring one object in order.",
            ["kind"],
            registry=self.registry,
            buckets=(0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 30),
        )

    def requested(self, verb: str, code: str) -> None:
        """Count a request to the API server."""
        self._requests.labels(verb, code).inc()

    def reconciled(self, kind: str, seconds: float) -> None:
        """Count the time that an object took."""
        self._durations.labels(kind).observe(seconds)

    def watch_state(self, state: State, queue_length: Callable[[], int]) -> None:
        """Export gauges of what is observed, computed when they are read."""
        self.registry.register(_StateCollector(state, queue_length))

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)


class _StateCollector(Collector):
    def __init__(self, state: State, queue_length: Callable[[], int]) -> None:
        self._state = state
        self._queue_length = queue_length

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Compute every gauge."""
        yield GaugeMetricFamily("model_monitor_queue_depth", "Objects that are due.", value=self._queue_length())
        yield self._standings("model_monitor_schedules", "MonitoringSchedules by standing.", SCHEDULE)
        yield self._standings("model_monitor_baselines", "Baselines by standing.", BASELINE)
        yield self._executions()
        yield from self._schedules()

    def _standings(self, name: str, text: str, kind: str) -> GaugeMetricFamily:
        family = GaugeMetricFamily(name, text, labels=["standing"])
        tally = Tally(
            next((standing for standing in _STANDINGS if true_condition(body, standing)), "Unknown")
            for body in self._state.objects[kind].values()
        )
        for standing in (*_STANDINGS, "Unknown"):
            family.add_metric([standing.lower()], tally[standing])
        return family

    def _executions(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "model_monitor_executions", "MonitoringExecutions that are kept, by outcome.", labels=["outcome"]
        )
        tally = Tally(_outcome(body) for body in self._state.objects[EXECUTION].values())
        for outcome in ("completed", "violations", "failed", "running"):
            family.add_metric([outcome], tally[outcome])
        return family

    def _schedules(self) -> Iterable[GaugeMetricFamily]:
        labels = ["namespace", "schedule", "model"]
        violations = GaugeMetricFamily(
            "model_monitor_violations", "Violations in the latest completed run.", labels=labels
        )
        success = GaugeMetricFamily(
            "model_monitor_last_success_timestamp_seconds", "When the latest completed run ended.", labels=labels
        )
        alerts = GaugeMetricFamily("model_monitor_alerts", "Columns and checks in alert (at most 20).", labels=labels)
        for (namespace, name), body in self._state.objects[SCHEDULE].items():
            status = body["status"]
            values = [namespace, name, body["spec"].get("model", "")]
            if "violationCount" in status:
                violations.add_metric(values, status["violationCount"])
            alerts.add_metric(values, len(status.get("alerts", ())))
            last = status.get("lastRun", {})
            if last.get("state", "Failed") != "Failed":
                success.add_metric(values, parse_time(last["completionTime"]).timestamp())
        return violations, success, alerts


def _outcome(execution: Object) -> str:
    if true_condition(execution, "Complete"):
        return "violations" if execution["status"].get("violationCount") else "completed"
    return "failed" if true_condition(execution, "Failed") else "running"
