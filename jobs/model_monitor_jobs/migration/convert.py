"""From all resources that were given to our manifests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.migration.advice import Fate
from model_monitor_jobs.migration.definition import INLINE, Definition, inline_definition, own_definition
from model_monitor_jobs.migration.ledger import Ledger, Note
from model_monitor_jobs.migration.manifest import Manifest
from model_monitor_jobs.migration.monitors import baseline_spec, monitor_spec, with_timing
from model_monitor_jobs.migration.names import is_key, is_label_value, object_name
from model_monitor_jobs.migration.own_programs import without_baseline
from model_monitor_jobs.migration.resources import DEFINITIONS, Resource
from model_monitor_jobs.migration.settings import Settings
from model_monitor_jobs.migration.timing import Timing, timing

_CONFIG: Final = "monitoringscheduleconfig"
_Key = tuple[str, str]
"""Kind and name."""
_BASELINE_LENGTH, _SCHEDULE_LENGTH, _EXECUTION_LENGTH = 45, 52, 63


@dataclass(frozen=True)
class Group:
    """A Baseline and the monitors on it, or monitors that need none; `name` is the Baseline's, or the definition's."""

    name: str
    manifests: tuple[Manifest, ...]


@dataclass(frozen=True)
class Migration:
    """What has been written, and what became of each field."""

    groups: tuple[Group, ...]
    notes: tuple[Note, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is left for a person to do."""
        return not any(note.fate == "to do" for note in self.notes)


def convert(resources: Sequence[Resource], settings: Settings) -> Migration:
    """The manifests of all schedules and job definitions among the resources.

    Raises ConfigurationError, naming the resource and its field, where a definition that a schedule names is not among
    them, a resource stands twice, or a value can't be read.
    """
    ledgers = _ledgers(resources)
    definitions = {key: own_definition(ledger) for key, ledger in ledgers.items() if key[0] in DEFINITIONS}
    users: dict[_Key, list[Ledger]] = {key: [] for key in definitions}
    inline: list[Ledger] = []
    for (kind, _), ledger in ledgers.items():
        if kind == "MonitoringSchedule":
            if ledger.below(*INLINE):
                ledger.carry(_CONFIG, "monitoringtype", to="spec.monitoringType")
                inline.append(ledger)
            else:
                users[_definition_of(ledger, definitions)].append(ledger)
    converter = _Converter(settings, _captures(ledgers))
    groups = [converter.group(definition, users[key] or [None]) for key, definition in definitions.items()]
    groups += [converter.group(inline_definition(ledger), [ledger]) for ledger in inline]
    return Migration(tuple(groups), tuple(note for ledger in converter.used for note in ledger.notes()))


def _ledgers(resources: Iterable[Resource]) -> dict[_Key, Ledger]:
    ledgers: dict[_Key, Ledger] = {}
    for resource in resources:
        key = (resource.kind, resource.name)
        if key in ledgers:
            raise ConfigurationError(f"{resource.title}: stands twice in the files", remedy="give each once")
        ledgers[key] = Ledger(resource)
    return ledgers


def _definition_of(schedule: Ledger, definitions: Mapping[_Key, Definition]) -> _Key:
    path, type_path = (_CONFIG, "monitoringjobdefinitionname"), (_CONFIG, "monitoringtype")
    name = schedule.carry(*path, to="spec.baselineRef, and the settings of the monitor")
    type_ = schedule.carry(*type_path, to="spec.monitoringType")
    if name is None:
        raise ConfigurationError(
            f"{schedule.resource.title}: has no monitoringScheduleConfig",
            remedy="it needs monitoringJobDefinitionName or monitoringJobDefinition",
        )
    named = [key for key in definitions if key[1] == name]
    fitting = [key for key in named if type_ is None or definitions[key].type == type_]
    if not named:
        known = ", ".join(key[1] for key in definitions) or "none"
        command = re.sub("(?<=[a-z])(?=[A-Z])", "-", type_ or "…").lower()
        schedule.fault(
            path,
            f"there is no such job definition in the files, which have {known}",
            "give its manifest as well, or the output of aws sagemaker"
            f" describe-{command}-job-definition --job-definition-name {name}",
        )
    if not fitting:
        schedule.fault(type_path, f"the job definition {name} is of {definitions[named[0]].type}", "write that")
    if len(fitting) > 1:
        schedule.fault(path, "several job definitions in the files are called so", "write monitoringType as well")
    return fitting[0]


def _captures(ledgers: dict[_Key, Ledger]) -> dict[str, str]:
    """Where endpoints capture their traffic, by their names."""
    captures = {}
    for (kind, name), ledger in ledgers.items():
        if kind != "Endpoint":
            continue
        config = ledgers.get(("EndpointConfig", str(ledger.value("endpointconfigname"))))
        for source in filter(None, (config, ledger)):
            uri = source.uri("datacaptureconfig", "destinations3uri", to="captureURI")
            if uri is not None:
                captures[name] = uri
    return captures


@dataclass
class _Converter:
    """Gives names that are free, and remembers whose fields are accounted for."""

    settings: Settings
    captures: dict[str, str]
    used: list[Ledger] = field(default_factory=list)
    _taken: set[tuple[str, str]] = field(default_factory=set)

    def group(self, definition: Definition, schedules: Sequence[Ledger | None]) -> Group:
        """The Baseline of a definition, and a monitor for each schedule; without one a monitor on demand."""
        ledger = definition.ledger
        name = self._name("Baseline", _own_name(ledger), _BASELINE_LENGTH, ledger.resource.title)
        namespace = _namespace([ledger, *filter(None, schedules)])
        labels = _labels(ledger)
        baseline = None if without_baseline(definition) else baseline_spec(definition, self.settings)
        monitor = monitor_spec(definition, self.captures, self.settings)
        self.used.append(ledger)
        monitors = []
        for schedule in schedules:
            monitors += self._monitor(definition, schedule, monitor, namespace, name if baseline is not None else None)
        if baseline is None:
            return Group(name, tuple(monitors))
        notes = tuple(ledger.notes())
        head = Manifest.of(
            "Baseline",
            {"name": name} | namespace | labels,
            baseline,
            ledger.resource.title,
            tuple(note for note in notes if note.field.startswith("Baseline ")),
        )
        return Group(name, (head, *monitors))

    def _monitor(
        self,
        definition: Definition,
        schedule: Ledger | None,
        spec: dict[str, Any],
        namespace: dict[str, Any],
        baseline: str | None,
    ) -> list[Manifest]:
        own = definition.ledger if schedule is None else schedule
        name = self._name("MonitoringSchedule", _own_name(own), _SCHEDULE_LENGTH, own.resource.title)
        when = timing(schedule, definition.ledger, definition.traffic, captured=definition.captured)
        origins = [definition.ledger.resource.title]
        labels = _labels(definition.ledger)
        if schedule is not None and schedule is not definition.ledger:
            labels = _merged(labels, _labels(schedule))
            origins.insert(0, schedule.resource.title)
            self.used.append(schedule)
        suspend = schedule is not None and _is_stopped(schedule, when)
        if schedule is None:
            told = "no schedule has this definition: it runs when a MonitoringExecution is created"
            definition.ledger.remark("spec.schedule", told, "left out")
        noted = [definition.ledger] if schedule in (None, definition.ledger) else [schedule, definition.ledger]
        notes = [n for each in noted if each for n in each.notes() if not n.field.startswith("Baseline ")]
        metadata = {"name": name} | namespace | labels
        whole = with_timing(spec, when, baseline, suspend=suspend)
        made = [Manifest.of("MonitoringSchedule", metadata, whole, " and ".join(origins), tuple(notes))]
        if when.once:
            made.append(self._run(name, namespace, origins[0]))
        return made

    def _run(self, schedule: str, namespace: dict[str, Any], origin: str) -> Manifest:
        name = self._name("MonitoringExecution", f"{schedule}-now", _EXECUTION_LENGTH, origin)
        return Manifest.of(
            "MonitoringExecution", {"name": name} | namespace, {"scheduleRef": {"name": schedule}}, origin
        )

    def _name(self, kind: str, text: str, length: int, source: str) -> str:
        name = object_name(text, length)
        if (kind, name) in self._taken:
            name = object_name(text, length, source)
        self._taken.add((kind, name))
        return name


def _namespace(ledgers: Sequence[Ledger]) -> dict[str, str]:
    """The namespace of a definition, else of its first schedule that has one: a monitor and its Baseline share it."""
    path = ("metadata", "namespace")
    found = next((str(ledger.value(*path)) for ledger in ledgers if ledger.value(*path) is not None), None)
    for ledger in ledgers:
        same = ledger.value(*path) == found
        ledger.settle(path, *(("carried", "metadata.namespace") if same else ("to do", f"all is written to {found}")))
    return {} if found is None else {"namespace": found}


def _own_name(ledger: Ledger) -> str:
    for key in ("monitoringschedulename", "jobdefinitionname"):
        ledger.settle((key,), "carried", "metadata.name")
    ledger.settle(("metadata", "name"), "carried", "metadata.name")
    return ledger.resource.name


def _labels(ledger: Ledger) -> dict[str, dict[str, str]]:
    """Tags, and labels of ACK's object, as labels; as annotations where a label can't have the value."""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    fate: Fate
    for leaf in ledger.below("tags"):
        if leaf.path[2:] != ("key",):
            continue
        key, path, fate = str(leaf.value), ("tags", leaf.path[1], "value"), "carried"
        value = str(ledger.value(*path) or "")
        if not is_key(key):
            fate, to = "left out", "its key can be neither that of a label nor of an annotation"
        elif is_label_value(value):
            to, labels[key] = "metadata.labels", value
        else:
            to, annotations[key] = "metadata.annotations", value
        for each in (leaf.path, path):
            ledger.settle(each, fate, to)
    for leaf in ledger.below("metadata", "labels"):
        labels[leaf.name] = str(leaf.value)
        ledger.settle(leaf.path, "carried", "metadata.labels")
    return {key: part for key, part in (("labels", labels), ("annotations", annotations)) if part}


def _merged(first: dict[str, dict[str, str]], second: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {key: first.get(key, {}) | second.get(key, {}) for key in ("labels", "annotations") if key in first | second}


def _is_stopped(schedule: Ledger, when: Timing) -> bool:
    """Whether SageMaker's schedule is stopped, which makes ours suspended."""
    stopped = False
    for path in (("monitoringschedulestatus",), ("status", "monitoringschedulestatus")):
        if schedule.value(*path) == "Stopped":
            stopped = True
            schedule.settle(path, "carried", "spec.suspend" if when.schedule else "no spec.schedule")
        else:
            schedule.settle(path, "left out", "the state of SageMaker's schedule")
    return stopped
