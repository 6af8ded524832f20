"""The chart on a real control plane: install, upgrade, uninstall; the rights that come of it, tried out."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hack.generate import ROOT
from tests.chart.release import CHART, FULLNAME, NAMESPACE, RELEASE
from tests.cluster.control_plane import ControlPlane
from tests.cluster.helm import helm

OPERATOR = f"system:serviceaccount:{NAMESPACE}:{FULLNAME}"
BASELINE = {
    "apiVersion": "modelmonitor.dev/v1alpha1",
    "kind": "Baseline",
    "metadata": {"name": "kept"},
    "spec": {"existing": {"statisticsURI": "s3://b/statistics.json", "constraintsURI": "s3://b/constraints.json"}},
}


def may(cluster: ControlPlane, user: str, verb: str, what: str, *arguments: str) -> bool:
    """Whether the API server lets this user do that; `what` is resource, resource/name or resource:subresource."""
    what, _, subresource = what.partition(":")
    options = [f"--as={user}", *arguments, *([f"--subresource={subresource}"] if subresource else [])]
    answer = cluster.kubectl("auth", "can-i", verb, what, *options, check=False)
    # Warnings come after the answer.
    assert answer.split()[0] in ("yes", "no"), answer
    return answer.split()[0] == "yes"


def role_binding(role: str, name: str = "model-monitor-runner") -> str:
    """A binding of a ClusterRole to the runs' ServiceAccount."""
    group = "rbac.authorization.k8s.io"
    return json.dumps(
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": "model-monitor-runner"}],
        }
    )


@pytest.fixture
def namespaced() -> Iterator[ControlPlane]:
    """A control plane where the release watches only the namespace `team-a`; `team-b` exists too."""
    with ControlPlane() as cluster:
        for name in ("team-a", "team-b"):
            cluster.create_namespace(name)
        helm(
            cluster, "install", RELEASE, str(CHART), "--namespace", NAMESPACE, "--create-namespace",
            "--set-json", 'watchNamespaces=["team-a"]',
        )  # fmt: skip
        yield cluster


def test_operator_has_its_rights_everywhere_and_no_others(released: ControlPlane) -> None:
    everywhere = [
        ("list", "monitoringschedules"), ("watch", "baselines"), ("create", "cronjobs"), ("create", "jobs"),
        ("patch", "monitoringexecutions:status"), ("list", "pods"), ("create", "events"),
        ("patch", "serviceaccounts/model-monitor-runner"), ("patch", "rolebindings/model-monitor-runner"),
    ]  # fmt: skip
    assert [pair for pair in everywhere if not may(released, OPERATOR, *pair, "-n", "default")] == []
    nowhere = [
        ("get", "secrets"), ("list", "secrets"), ("get", "configmaps"), ("create", "pods"), ("update", "baselines"),
        ("patch", "monitoringschedules"), ("patch", "serviceaccounts/default"), ("create", "clusterrolebindings"),
        ("patch", "rolebindings/other"), ("impersonate", "users"), ("bind", "clusterroles/cluster-admin"),
        ("escalate", "clusterroles"), ("delete", "baselines"),
    ]  # fmt: skip
    assert [pair for pair in nowhere if may(released, OPERATOR, *pair, "-n", "default")] == []


def test_operator_binds_the_runners_role_and_no_other(released: ControlPlane) -> None:
    released.create_namespace("binding")
    as_operator = (f"--as={OPERATOR}", "-n", "binding")
    released.apply(role_binding(f"{FULLNAME}-runner"), "--server-side", *as_operator)
    released.kubectl("delete", "rolebinding", "model-monitor-runner", "-n", "binding")
    with pytest.raises(RuntimeError, match="forbidden"):
        released.apply(role_binding("cluster-admin"), "--server-side", *as_operator)
    with pytest.raises(RuntimeError, match="forbidden"):
        released.apply(role_binding(f"{FULLNAME}-runner", "other"), "--server-side", *as_operator)


def test_users_of_the_standard_roles(released: ControlPlane) -> None:
    for role in ("view", "edit"):
        released.kubectl("create", "clusterrolebinding", f"all-{role}", f"--clusterrole={role}", f"--user={role}er")
    assert may(released, "viewer", "list", "baselines.modelmonitor.dev")
    assert not may(released, "viewer", "create", "baselines.modelmonitor.dev")
    assert may(released, "editer", "create", "monitoringexecutions.modelmonitor.dev")
    assert not may(released, "editer", "patch", "baselines.modelmonitor.dev:status")


def test_namespaced_release_reaches_its_namespaces_only(namespaced: ControlPlane) -> None:
    assert may(namespaced, OPERATOR, "list", "monitoringschedules", "-n", "team-a")
    assert may(namespaced, OPERATOR, "create", "cronjobs", "-n", "team-a")
    assert not may(namespaced, OPERATOR, "list", "monitoringschedules", "-n", "team-b")
    assert not may(namespaced, OPERATOR, "list", "monitoringschedules", "--all-namespaces")
    as_operator = f"--as={OPERATOR}"
    binding = role_binding(f"{FULLNAME}-runner")
    namespaced.apply(binding, "--server-side", as_operator, "-n", "team-a")
    with pytest.raises(RuntimeError, match="forbidden"):
        namespaced.apply(binding, "--server-side", as_operator, "-n", "team-b")


def test_upgrade_and_uninstall_leave_what_users_made(released: ControlPlane) -> None:
    released.create_namespace("users")
    released.apply(json.dumps(BASELINE), "-n", "users")
    helm(released, "upgrade", RELEASE, str(CHART), "--namespace", NAMESPACE, "--set", "logLevel=DEBUG")
    deployment = released.get("deployment", FULLNAME, "-n", NAMESPACE)
    variables = {item["name"]: item["value"] for item in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert variables["MODEL_MONITOR_LOG_LEVEL"] == "DEBUG"
    helm(released, "uninstall", RELEASE, "--namespace", NAMESPACE)
    assert released.get("baseline", "kept", "-n", "users")["spec"]["existing"]["statisticsURI"]
    left = released.kubectl("get", "clusterrole,clusterrolebinding,validatingadmissionpolicy", "-o", "name")
    assert FULLNAME not in left
    helm(released, "install", RELEASE, str(CHART), "--namespace", NAMESPACE)
    assert released.get("baseline", "kept", "-n", "users")["metadata"]["generation"] == 1


def test_plain_manifest_applies_twice() -> None:
    with ControlPlane() as cluster:
        manifest = (ROOT / "deploy/install.yaml").read_text()
        assert "helm.sh" not in manifest
        assert "managed-by: Helm" not in manifest
        cluster.apply(manifest)
        again = cluster.apply(manifest)
        assert [line for line in again.splitlines() if not line.endswith(" unchanged")] == []
        cluster.kubectl("get", "deployment", "model-monitor-operator", "-n", "model-monitor-system")
