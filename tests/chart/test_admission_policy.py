"""Nobody gains rights through a resource: what the admission policies refuse, and whom they let pass."""

from __future__ import annotations

import copy
import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from model_monitor_crds import KINDS
from model_monitor_crds.schema import custom_resource_definition
from tests.chart.release import FULLNAME, NAMESPACE, Object
from tests.cluster.control_plane import ControlPlane
from tests.cluster.processes import wait_until
from tests.integration.full_documents import schema_paths

API = "modelmonitor.dev/v1alpha1"
OUTPUT = {"uri": "s3://bucket/out"}
BASELINE: Object = {
    "apiVersion": API,
    "kind": "Baseline",
    "metadata": {"name": "b"},
    "spec": {"dataset": {"uri": "s3://bucket/data.csv"}, "output": OUTPUT},
}
SCHEDULE: Object = {
    "apiVersion": API,
    "kind": "MonitoringSchedule",
    "metadata": {"name": "s"},
    "spec": {
        "schedule": "@hourly",
        "baselineRef": {"name": "b"},
        "input": {"endpoint": {"captureURI": "s3://bucket/capture"}},
        "output": OUTPUT,
    },
}
EXECUTION: Object = {
    "apiVersion": API,
    "kind": "MonitoringExecution",
    "metadata": {"name": "e"},
    "spec": {"scheduleRef": {"name": "s"}},
}
SECRET_USES: dict[str, Object] = {
    "env": {"env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "guarded", "key": "k"}}}]},
    "envFrom": {"envFrom": [{"secretRef": {"name": "guarded"}}]},
    "volumes": {"volumes": [{"name": "v", "secret": {"secretName": "guarded"}}]},
    "imagePullSecrets": {"imagePullSecrets": [{"name": "guarded"}]},
}
CONFIG_MAP_USES: dict[str, Object] = {
    "env": {"env": [{"name": "KEY", "valueFrom": {"configMapKeyRef": {"name": "guarded", "key": "k"}}}]},
    "envFrom": {"envFrom": [{"configMapRef": {"name": "guarded"}}]},
    "volumes": {"volumes": [{"name": "v", "configMap": {"name": "guarded"}}]},
}
CLAIM_URI = "pvc://guarded/data"
CLAIM_USES: dict[str, tuple[Object, Object]] = {
    "dataset": (BASELINE, {"dataset": {"uri": CLAIM_URI}}),
    "statistics": (
        BASELINE,
        {"dataset": None, "existing": {"statisticsURI": CLAIM_URI, "constraintsURI": "s3://b/c.json"}},
    ),
    "constraints": (
        BASELINE,
        {"dataset": None, "existing": {"statisticsURI": "s3://b/s.json", "constraintsURI": CLAIM_URI}},
    ),
    "baseline output": (BASELINE, {"output": {"uri": "pvc://guarded"}}),
    "capture": (SCHEDULE, {"input": {"endpoint": {"captureURI": CLAIM_URI}}}),
    "batch": (SCHEDULE, {"input": {"batch": {"dataURI": "pvc://guarded/%Y/%m"}}}),
    "schedule output": (SCHEDULE, {"output": {"uri": CLAIM_URI}}),
    "volume": (
        SCHEDULE,
        {"job": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "guarded"}}]}},
    ),
}


def changed(document: Object, spec: Object) -> Object:
    """A copy with these parts of its spec replaced; None takes a part away."""
    result = copy.deepcopy(document)
    result["spec"] = {key: value for key, value in {**result["spec"], **spec}.items() if value is not None}
    return result


class Team:
    """A namespace and users in it, of whom each may write monitors there, and what is given besides."""

    def __init__(self, cluster: ControlPlane, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    def user(self, *rules: Object) -> str:
        """A new user with these RBAC rules."""
        name = f"user-{secrets.token_hex(4)}"
        monitors = {"apiGroups": ["modelmonitor.dev"], "resources": ["*"], "verbs": ["*"]}
        metadata = {"name": name, "namespace": self.namespace}
        group = "rbac.authorization.k8s.io"
        role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": [monitors, *rules]}
        binding = {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
            "subjects": [{"kind": "User", "name": name, "apiGroup": group}],
        }
        client = self.cluster.client()
        folder = f"/apis/{group}/v1/namespaces/{self.namespace}"
        client.create(f"{folder}/roles", role)
        client.create(f"{folder}/rolebindings", binding)
        wait_until(lambda: self._may_write(name), f"{name} to have rights")
        return name

    def _may_write(self, user: str) -> bool:
        asked = {
            "verb": "create",
            "group": "modelmonitor.dev",
            "resource": "baselines",
            "namespace": self.namespace,
        }
        review = {"spec": {"user": user, "resourceAttributes": asked}}
        answer = self.cluster.client().create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
        return bool(answer["status"]["allowed"])

    def write(self, user: str, document: Object) -> None:
        """Apply as this user, for real."""
        self.cluster.apply(json.dumps(document), "--server-side", f"--as={user}", "-n", self.namespace)

    def refused(self, user: str, document: Object) -> str:
        """The message by which writing is refused; an assertion error when it is not."""
        with pytest.raises(RuntimeError, match="denied request") as error:
            self.write(user, document)
        return str(error.value)


@pytest.fixture
def team(released: ControlPlane) -> Iterator[Team]:
    name = f"team-{secrets.token_hex(4)}"
    released.create_namespace(name)
    team = Team(released, name)
    guarded = changed(BASELINE, {"job": {"image": "own"}})
    user = team.user()

    def in_force() -> bool:
        """Policies take effect a moment after they are created."""
        answer = released.kubectl(
            "apply", "-f", "-", "--dry-run=server", f"--as={user}", "-n", name, input=json.dumps(guarded), check=False
        )
        return "denied request" in answer

    wait_until(in_force, "the admission policies to be in force", timeout_seconds=30)
    yield team
    released.delete_namespace(name)


def may_get(resource: str, *names: str) -> Object:
    return {"apiGroups": [""], "resources": [resource], "verbs": ["get"], **({"resourceNames": names} if names else {})}


MAY_CREATE_PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}


def test_monitors_without_secrets_need_no_further_rights(team: Team) -> None:
    user = team.user()
    for document in (BASELINE, SCHEDULE, EXECUTION):
        team.write(user, document)


@pytest.mark.parametrize("kind", ["Baseline", "MonitoringSchedule"])
def test_secrets(team: Team, kind: str) -> None:
    document = {"Baseline": BASELINE, "MonitoringSchedule": SCHEDULE}[kind]
    without, with_it, with_another = team.user(), team.user(may_get("secrets", "guarded")), team.user(MAY_CREATE_PODS)
    for job in SECRET_USES.values():
        for user in (without, with_another):
            message = team.refused(user, changed(document, {"job": job}))
            assert f"spec uses the Secret guarded, which {user} may not get in this namespace" in message
        team.write(with_it, changed(document, {"job": job}))


def test_config_maps(team: Team) -> None:
    without, with_it = team.user(), team.user(may_get("configmaps", "guarded"))
    for job in CONFIG_MAP_USES.values():
        assert "the ConfigMap guarded" in team.refused(without, changed(SCHEDULE, {"job": job}))
        team.write(with_it, changed(SCHEDULE, {"job": job}))


def test_claims_in_volumes_and_uris(team: Team) -> None:
    without, with_it = team.user(), team.user(may_get("persistentvolumeclaims", "guarded"))
    for document, spec in CLAIM_USES.values():
        message = team.refused(without, changed(document, spec))
        assert "spec uses the PersistentVolumeClaim guarded" in message
        team.cluster.kubectl("delete", document["kind"], "--all", "-n", team.namespace)
        team.write(with_it, changed(document, spec))


@pytest.mark.parametrize("field", ["image", "serviceAccountName"])
def test_image_and_service_account_need_the_right_to_create_pods(team: Team, field: str) -> None:
    without, with_it = team.user(may_get("secrets")), team.user(MAY_CREATE_PODS)
    document = changed(SCHEDULE, {"job": {field: "own"}})
    message = team.refused(without, document)
    assert f"spec.job.{field}: {without} may not create pods in this namespace" in message
    team.write(with_it, document)


@pytest.mark.parametrize("kind", ["Baseline", "MonitoringSchedule"])
def test_the_address_of_a_dask_scheduler_needs_the_right_to_create_pods(team: Team, kind: str) -> None:
    """Whoever answers there can run code in the run's pod."""
    without, with_it = team.user(may_get("secrets")), team.user(MAY_CREATE_PODS)
    kinds = {"Baseline": BASELINE, "MonitoringSchedule": SCHEDULE}
    document = changed(kinds[kind], {"engine": {"type": "Dask", "address": "tcp://anywhere.example:8786"}})
    message = team.refused(without, document)
    assert f"spec.engine.address: {without} may not create pods in this namespace" in message
    team.write(with_it, document)
    team.write(without, changed(kinds[kind], {"engine": {"type": "Local"}}))


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Baseline", {"dataset": {"uri": "s3://b/d", "recordPreprocessor": {"uri": "s3://b/p.py"}}}),
        (
            "MonitoringSchedule",
            {"input": {"endpoint": {"captureURI": "s3://b/c"}, "recordPreprocessor": {"uri": "s3://b/p.py"}}},
        ),
        ("MonitoringSchedule", {"postAnalyticsProcessor": {"uri": "s3://b/p.py"}}),
    ],
)
def test_a_script_needs_the_right_to_create_pods(team: Team, kind: str, spec: Object) -> None:
    without, with_it = team.user(may_get("secrets")), team.user(MAY_CREATE_PODS)
    document = changed({"Baseline": BASELINE, "MonitoringSchedule": SCHEDULE}[kind], spec)
    message = team.refused(without, document)
    assert f"{without} may not create pods in this namespace, so may not choose a script" in message
    team.write(with_it, document)


def test_who_may_not_add_a_secret_may_not_point_a_run_that_has_it_elsewhere(team: Team) -> None:
    """Else the Secret's keys could write a bucket's contents to where the author reads."""
    without, with_it = team.user(), team.user(may_get("secrets", "guarded"))
    document = changed(SCHEDULE, {"job": SECRET_USES["envFrom"]})
    team.write(with_it, document)
    patch = json.dumps({"spec": {"output": {"uri": "s3://mine/out"}}})
    as_user = (f"--as={without}", "-n", team.namespace, "--type=merge")
    with pytest.raises(RuntimeError, match="the Secret guarded"):
        team.cluster.kubectl("patch", "msch", "s", "-p", patch, *as_user)
    team.cluster.kubectl("patch", "msch", "s", "-p", '{"metadata":{"labels":{"team":"x"}}}', *as_user)


@pytest.mark.parametrize("count", [12, 13])
def test_as_many_secrets_as_the_authorizer_may_be_asked_about(team: Team, count: int) -> None:
    """Named more than once counts once; with the right to all of them there is no limit but the schema's."""
    names = [f"secret-{number}" for number in range(count)]
    environment: list[Any] = [{"secretRef": {"name": name}} for name in names]
    variables = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": names[0], "key": "k"}}}]
    document = changed(SCHEDULE, {"job": {"envFrom": environment, "env": variables}})
    each, every = team.user(may_get("secrets", *names)), team.user(may_get("secrets"))
    all_but_last = team.user(may_get("secrets", *names[:-1]))
    team.write(every, document)
    team.cluster.kubectl("delete", "msch", "s", "-n", team.namespace)
    if count == 13:
        assert "more than 12 objects of the kind Secret" in team.refused(each, document)
    else:
        assert f"the Secret {names[-1]}, which" in team.refused(all_but_last, document)
        team.write(each, document)


def test_status_and_deletion_are_not_judged(team: Team) -> None:
    """The operator's service account may not get Secrets, and need not, since it never writes a spec."""
    with_it = team.user(may_get("secrets", "guarded"))
    team.write(with_it, changed(BASELINE, {"job": SECRET_USES["envFrom"]}))
    path = f"/apis/{API}/namespaces/{team.namespace}/baselines/b/status"
    team.cluster.client_for(NAMESPACE, FULLNAME).patch(path, {"status": {"observedGeneration": 1}})
    team.cluster.kubectl("delete", "mbl", "b", "-n", team.namespace, "--timeout=20s")


def test_no_field_of_the_api_escapes_the_policies() -> None:
    """A field added here names something guarded: extend the policy and its cases, then this list."""
    telling = re.compile(
        "secret|configmap|claim|account|image|token|projected|hostpath|csi|address|processor|script", re.IGNORECASE
    )
    found = {
        part
        for kind in KINDS
        for path in schema_paths(custom_resource_definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
        for part in path
        if path[:1] == ("spec",) and isinstance(part, str) and telling.search(part)
    }
    assert found == {
        "image", "imagePullPolicy", "imagePullSecrets", "serviceAccountName", "secretKeyRef", "configMapKeyRef",
        "secretRef", "configMapRef", "secret", "secretName", "configMap", "persistentVolumeClaim", "claimName",
        "address", "recordPreprocessor", "postAnalyticsProcessor",
    }  # fmt: skip
