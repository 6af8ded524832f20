"""What the operator can be told: one frozen record, read from the environment in one place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar

PREFIX: Final = "MODEL_MONITOR_"
Number = TypeVar("Number", int, float)


class SettingsError(ValueError):
    """A setting that can't be read; the message names the variable, its value and what to write."""


@dataclass(frozen=True)
class Settings:
    """How this operator runs. Each field is read from `MODEL_MONITOR_<FIELD>`, in the form its description says."""

    namespaces: tuple[str, ...] = ()
    """Namespaces to watch, separated by commas. Empty: all of them."""
    job_image: str = "model-monitor-jobs:latest"
    """Image of the processing container, where spec.job.image names none."""
    job_image_pull_policy: str | None = None
    """When that image is pulled: Always, IfNotPresent or Never. Empty: Kubernetes' own default."""
    job_resources: Mapping[str, Any] = field(
        default_factory=lambda: {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "2Gi"}}
    )
    """Compute resources of the processing container where spec.job.resources names none, as JSON."""
    runner_cluster_role: str = "model-monitor-runner"
    """ClusterRole that the operator binds, in each namespace with work, to the runs' ServiceAccount (whose name,
    model-monitor-runner, is fixed, because the operator's rights are limited to it)."""
    bind_address: str = "0.0.0.0"
    """Address on which health and metrics are served."""
    health_port: int = 8080
    """Port of /healthz and /readyz; 0 chooses a free one."""
    metrics_port: int = 8081
    """Port of /metrics; 0 chooses a free one."""
    resync_interval: timedelta = timedelta(seconds=300)
    """How often everything is listed anew, in seconds: what the watches may have missed is mended then."""
    baseline_grace_time: timedelta = timedelta(minutes=10)
    """How long a schedule waits for a Baseline that does not exist before it counts as stalled, in seconds."""
    job_start_grace_time: timedelta = timedelta(seconds=10)
    """How long a Job may be without a pod before its events are asked for the reason, in seconds."""
    workers: int = 20
    """How many objects are brought in order at the same time."""
    request_timeout: timedelta = timedelta(seconds=30)
    """How long a request to the API server may take, in seconds."""
    list_chunk_size: int = 500
    """How many objects are read in one piece of a list."""
    log_format: str = "text"
    """text or json."""
    log_level: str = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read settings; a variable that is missing or empty leaves the default.

        Raises SettingsError for an unreadable value and for a variable of this prefix that names no setting.
        """
        given = {key: value.strip() for key, value in environment.items() if key.startswith(PREFIX)}
        known = {f"{PREFIX}{name.upper()}": name for name in cls.__dataclass_fields__}
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise SettingsError(f"{unknown[0]}: there is no such setting; there are {', '.join(sorted(known))}")
        values = {known[key]: _read(key, known[key], value) for key, value in given.items() if value}
        return cls(**values)


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "namespaces": lambda text: tuple(name.strip() for name in text.split(",") if name.strip()),
    "job_resources": lambda text: _resources(json.loads(text)),
    "health_port": lambda text: _at_least(0, int(text)),
    "metrics_port": lambda text: _at_least(0, int(text)),
    "workers": lambda text: _at_least(1, int(text)),
    "list_chunk_size": lambda text: _at_least(1, int(text)),
    "log_format": lambda text: _one_of(("text", "json"), text),
    "log_level": lambda text: _one_of(("DEBUG", "INFO", "WARNING", "ERROR"), text.upper()),
    "job_image_pull_policy": lambda text: _one_of(("Always", "IfNotPresent", "Never"), text),
    **{
        name: lambda text: timedelta(seconds=_at_least(0, float(text)))
        for name in (
            "resync_interval",
            "baseline_grace_time",
            "job_start_grace_time",
            "request_timeout",
        )
    },
}


def _read(variable: str, name: str, text: str) -> Any:
    try:
        return _READERS.get(name, str)(text)
    except ValueError as error:
        raise SettingsError(f"{variable}={text!r}: {error}") from error


def _resources(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not set(value) <= {"requests", "limits"}:
        raise ValueError('write JSON such as {"requests": {"cpu": "250m"}, "limits": {"memory": "2Gi"}}')
    return value


def _at_least(least: int, value: Number) -> Number:
    if value < least:
        raise ValueError(f"must be at least {least}")
    return value


def _one_of(choices: tuple[str, ...], text: str) -> str:
    if text not in choices:
        raise ValueError(f"write one of {', '.join(choices)}")
    return text
