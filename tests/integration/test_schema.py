"""The resources on a real API server: every field explained, every rule, default and bound in force."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from hack.generate import ROOT
from model_monitor_crds import KINDS
from model_monitor_crds.metadata import Kind
from model_monitor_crds.schema import custom_resource_definition
from model_monitor_jobs.migration.settings import Settings
from tests.cluster.api import ApiClient, ApiError
from tests.cluster.control_plane import ControlPlane
from tests.integration.full_documents import (
    DOCUMENTS,
    POD,
    Object,
    Path,
    at,
    generic,
    replaced,
    schema_paths,
    walk,
    without,
)
from tests.integration.rule_breakers import BREAKERS, UNCHANGEABLE
from tests.unit.jobs.migration.sagemaker_shapes import WHOLE, all_four, manifests, migrate, once

FOLDER = "/apis/modelmonitor.dev/v1alpha1/namespaces/default"
KIND_IDS = [kind.name for kind in KINDS]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=KIND_IDS)


@pytest.fixture(scope="module")
def cluster() -> Iterator[ControlPlane]:
    """A control plane with nothing but the definitions, applied as a person would."""
    with ControlPlane() as started:
        started.kubectl("apply", "-f", str(ROOT / "crds"))
        for kind in KINDS:
            name = f"crd/{kind.plural}.modelmonitor.dev"
            started.kubectl("wait", name, "--for=condition=Established", "--timeout=30s")
        yield started


@pytest.fixture(scope="module")
def api(cluster: ControlPlane) -> ApiClient:
    return cluster.client()


def schema_of(kind: Kind) -> Object:
    version: Object = custom_resource_definition(kind)["spec"]["versions"][0]
    schema: Object = version["schema"]["openAPIV3Schema"]
    return schema


class Server:
    """Tries documents of one kind on the API server without keeping them."""

    def __init__(self, api: ApiClient, kind: Kind) -> None:
        self._api = api
        self._kind = kind
        self._stored = 0

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self._kind.plural}"

    def try_spec(self, document: Object) -> Object:
        """What the server would store; raises ApiError when it refuses."""
        return self._api.request("POST", self.path, document, query={"dryRun": "All", "fieldValidation": "Strict"})

    def try_status(self, document: Object) -> Object:
        """What the server would store as status of an object that exists; raises ApiError when it refuses."""
        name = f"stored-{self._kind.singular}"
        if not self._stored:
            self._api.create(self.path, document | {"metadata": {"name": name}})
            self._stored = 1
        current = self._api.get(f"{self.path}/{name}")
        query = {"dryRun": "All", "fieldValidation": "Strict"}
        return self._api.request(
            "PUT", f"{self.path}/{name}/status", current | {"status": document["status"]}, query=query
        )

    def forget(self) -> None:
        if self._stored:
            self._api.delete(f"{self.path}/stored-{self._kind.singular}")

    def attempt(self, document: Object, path: Path) -> Object:
        """Try the part of the document that a path lies in."""
        return self.try_status(document) if path[:1] == ("status",) else self.try_spec(document)

    def refusal(self, document: Object, path: Path) -> str:
        """The server's reason, or an empty text when it takes the document."""
        try:
            self.attempt(document, path)
        except ApiError as error:
            if error.code not in (400, 422):
                raise
            return str(error)
        return ""


@pytest.fixture
def server(api: ApiClient, kind: Kind) -> Iterator[Server]:
    trial = Server(api, kind)
    yield trial
    trial.forget()


def places(kind: Kind) -> Iterator[tuple[Object, Path, Object]]:
    """Each place of each full document of a kind once, with its part of the schema."""
    seen = set()
    for document in DOCUMENTS[kind.name]:
        for path, schema in walk(schema_of(kind), document):
            # Items of one list may use different fields, so the place in a list counts.
            if path not in seen and path[:1] != ("metadata",):
                seen.add(path)
                yield document, path, schema


def dotted(path: Path) -> str:
    """The path as the API server writes it in its messages."""
    return re.sub(r"\.\[", "[", ".".join(f"[{part}]" if isinstance(part, int) else part for part in path))


@every_kind
def test_documents_use_every_field_and_are_accepted(server: Server, kind: Kind) -> None:
    used = {generic(path) for document in DOCUMENTS[kind.name] for path, _ in walk(schema_of(kind), document)}
    assert set(schema_paths(schema_of(kind))) - used == set()
    for document in DOCUMENTS[kind.name]:
        stored = server.try_spec(document)
        assert _subset(document["spec"], stored["spec"])
        assert _subset(document["status"], server.try_status(document)["status"])


def _subset(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return all(key in whole and _subset(value, whole[key]) for key, value in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(_subset, part, whole))
    return bool(part == whole)


@every_kind
def test_every_rule_refuses_with_its_message(server: Server, kind: Kind) -> None:
    judged = 0
    for document, path, schema in places(kind):
        for rule in schema.get("x-kubernetes-validations", ()):
            if rule["message"] == UNCHANGEABLE:
                continue
            for spoil in BREAKERS[rule["message"]]:
                spoiled = replaced(document, path, spoil(at(document, path)))
                refusal = server.refusal(spoiled, path)
                assert rule["message"] in refusal, f"{dotted(path)}: {refusal or 'accepted'}"
                judged += 1
    rules = [rule for _, _, schema in places(kind) for rule in schema.get("x-kubernetes-validations", ())]
    assert judged >= len(rules) - 1


def test_every_rule_of_the_definitions_is_known_here() -> None:
    messages = {
        rule["message"]
        for kind in KINDS
        for _, _, schema in places(kind)
        for rule in schema.get("x-kubernetes-validations", ())
    }
    assert messages == {*BREAKERS, UNCHANGEABLE}


def test_an_execution_can_not_be_changed(api: ApiClient) -> None:
    path = f"{FOLDER}/monitoringexecutions"
    metadata = {"name": "fixed"}
    api.create(path, DOCUMENTS["MonitoringExecution"][0] | {"metadata": metadata})
    with pytest.raises(ApiError, match=UNCHANGEABLE):
        api.patch(f"{path}/fixed", {"spec": {"scheduleRef": {"name": "other"}}})
    api.patch(f"{path}/fixed", {"metadata": {"labels": {"team": "x"}}})
    api.delete(f"{path}/fixed")


@every_kind
def test_every_default_is_filled_in_and_typed(server: Server, kind: Kind) -> None:
    wrong = {"object": "x", "string": 1, "boolean": "yes", "integer": "x", "number": "x", "array": "x"}
    found = 0
    for document, path, schema in places(kind):
        if "default" not in schema or path == ("status",):
            continue
        found += 1
        left_out = without(document, path)
        stored = server.attempt(left_out, path)
        assert _subset(schema["default"], at(stored, path)), dotted(path)
        refusal = server.refusal(replaced(document, path, wrong[schema["type"]]), path)
        assert dotted(path) in refusal, refusal
        assert "must be of type" in refusal
    assert found >= (1 if kind.name == "MonitoringExecution" else 10)


@every_kind
def test_an_object_is_not_current_before_the_operator_saw_it(server: Server, kind: Kind) -> None:
    document = {key: value for key, value in DOCUMENTS[kind.name][0].items() if key != "status"}
    assert server.try_spec(document)["status"] == {"observedGeneration": -1}


def _beyond(schema: Object, value: Any) -> Iterator[Any]:
    """Values just outside each bound that the schema sets."""
    if "enum" in schema:
        yield "Unheard"
    step = 1 if schema.get("type") == "integer" else 1e-9
    if "minimum" in schema:
        yield schema["minimum"] if schema.get("exclusiveMinimum") else schema["minimum"] - step
    if "maximum" in schema:
        yield schema["maximum"] if schema.get("exclusiveMaximum") else schema["maximum"] + step
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if schema.get("minLength"):
        yield ""
    if "pattern" in schema:
        yield " no-"
    if "maxItems" in schema:
        yield [value[0]] * (schema["maxItems"] + 1)
    if "maxProperties" in schema:
        yield {f"key-{number}": "1" for number in range(schema["maxProperties"] + 1)}


@every_kind
def test_every_bound_is_kept(server: Server, kind: Kind) -> None:
    for document, path, schema in places(kind):
        for value in _beyond(schema, at(document, path)):
            refusal = server.refusal(replaced(document, path, value), path)
            assert dotted(path) in refusal, f"{dotted(path)} = {str(value)[:60]!r}: {refusal or 'accepted'}"


@every_kind
def test_every_list_and_text_has_a_bound(kind: Kind) -> None:
    """Without one, the cost of rules can't be told and the API server may refuse the definition."""
    unbound = []
    for _, path, schema in places(kind):
        if schema.get("type") == "array" and "maxItems" not in schema:
            unbound.append(path)
        if schema.get("type") == "string" and not {"enum", "maxLength", "format"} & set(schema):
            unbound.append(path)
    assert [path for path in unbound if path not in (("apiVersion",), ("kind",))] == []


@every_kind
def test_unknown_fields_are_refused(server: Server, kind: Kind) -> None:
    for document, path, schema in places(kind):
        if "properties" in schema and path:
            spoiled = replaced(document, (*path, "thresold"), 1)
            assert "thresold" in server.refusal(spoiled, path), dotted(path)


@pytest.mark.parametrize(
    "schedule",
    [
        "0 * * * *",
        "*/15 0-6,22 1 JAN-MAR MON",
        "5,10 2 * * sun",
        "@hourly",
        "@midnight",
        "cron(0 * ? * * *)",
        "cron(0 12 ? * MON-FRI *)",
    ],
)
def test_schedules_that_are_accepted(api: ApiClient, schedule: str) -> None:
    document = replaced(DOCUMENTS["MonitoringSchedule"][0], ("spec", "schedule"), schedule)
    Server(api, next(kind for kind in KINDS if kind.name == "MonitoringSchedule")).try_spec(document)


@pytest.mark.parametrize("number", [0.1, 1e-3, 0.30, 0.05, 1 / 3, 5e-324, 0.1 + 0.2])
def test_numbers_keep_their_value_and_generation(cluster: ControlPlane, api: ApiClient, number: float) -> None:
    path = f"{FOLDER}/monitoringschedules/numbers"
    document = replaced(DOCUMENTS["MonitoringSchedule"][0], ("spec", "dataQuality", "threshold"), number)
    text = json.dumps(document | {"metadata": {"name": "numbers"}})
    for arguments in ((), ("--server-side", "--force-conflicts")):
        for _ in range(2):
            cluster.apply(text, *arguments)
        stored = api.get(path)
        assert stored["spec"]["dataQuality"]["threshold"] == number
        assert stored["metadata"]["generation"] == 1
    api.delete(path)


def test_definitions_apply_again_without_a_change(cluster: ControlPlane) -> None:
    again = cluster.kubectl("apply", "-f", str(ROOT / "crds"))
    assert [line for line in again.splitlines() if not line.endswith(" unchanged")] == []
    for kind in KINDS:
        definition = cluster.get("crd", f"{kind.plural}.modelmonitor.dev")
        conditions = {item["type"]: item["status"] for item in definition["status"]["conditions"]}
        assert conditions["NamesAccepted"] == "True"
        assert "NonStructuralSchema" not in conditions


@every_kind
def test_explain_answers_for_every_field(cluster: ControlPlane, kind: Kind) -> None:
    """The published OpenAPI, which `kubectl explain` reads, describes every field; and explain itself lists them."""
    document = cluster.client().get("/openapi/v3/apis/modelmonitor.dev/v1alpha1")
    published = document["components"]["schemas"][f"dev.modelmonitor.v1alpha1.{kind.name}"]
    silent = []
    for path in schema_paths(schema_of(kind)):
        node = published
        for part in path:
            node = node["items"] if part == 0 else node["properties"][part]
        if path and path[-1] != 0 and path[0] != "metadata" and not node.get("description"):
            silent.append(dotted(path))
    assert silent == []
    listed = cluster.kubectl("explain", kind.singular, "--recursive")
    names = {part for path in schema_paths(schema_of(kind)) for part in path if isinstance(part, str)}
    assert [name for name in names if not re.search(rf"\b{name}\t", listed)] == []


@every_kind
def test_short_names_category_and_columns(cluster: ControlPlane, server: Server, kind: Kind) -> None:
    server.try_status(DOCUMENTS[kind.name][0])
    heading = cluster.kubectl("get", kind.short_name, "-o", "wide").splitlines()[0]
    assert re.split(r"\s{2,}", heading.strip()) == ["NAME", *(column.name.upper() for column in kind.columns)]
    assert f"{kind.singular}.modelmonitor.dev/stored" in cluster.kubectl("get", "model-monitor", "-o", "name")


def test_executions_are_selected_by_their_owner(cluster: ControlPlane, api: ApiClient) -> None:
    path = f"{FOLDER}/monitoringexecutions"
    for number, document in enumerate(DOCUMENTS["MonitoringExecution"]):
        api.create(path, document | {"metadata": {"name": f"owned-{number}"}})
    found = cluster.kubectl("get", "mexe", "--field-selector", "spec.scheduleRef.name=s", "-o", "name")
    assert found.split() == ["monitoringexecution.modelmonitor.dev/owned-0"]
    for number in range(2):
        api.delete(f"{path}/owned-{number}")


def test_a_pod_that_uses_every_field_is_one_that_kubernetes_takes(cluster: ControlPlane) -> None:
    """Our curated fields carry Kubernetes' own names and types."""
    of_job = {"activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"}
    of_container = {"image", "imagePullPolicy", "resources", "env", "envFrom", "volumeMounts"}
    container = {"name": "c", **{key: POD[key] for key in of_container}}
    rest = {key: value for key, value in POD.items() if key not in of_job | of_container}
    rest["imagePullSecrets"] = [{"name": "registry"}]
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j"},
        "spec": {
            **{key: POD[key] for key in of_job},
            "template": {"spec": {"restartPolicy": "Never", "containers": [container], **rest}},
        },
    }
    cluster.apply(yaml.safe_dump(job), "--dry-run=server", "--validate=strict")


@every_kind
def test_what_migrate_writes_is_accepted_and_its_placeholders_are_not(server: Server, kind: Kind) -> None:
    whole = manifests(migrate(*all_four(), once(), settings=WHOLE), kind.name)
    assert whole
    for document in whole:
        server.try_spec(document)
    wanting = [d for d in manifests(migrate(*all_four(), settings=Settings()), kind.name) if "<" in str(d)]
    assert len(wanting) == (7 if kind.name == "MonitoringSchedule" else 0)
    for document in wanting:
        assert "must start with s3://bucket" in server.refusal(document, ("spec",))
