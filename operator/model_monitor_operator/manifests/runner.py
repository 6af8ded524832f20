"""The identity of runs: one ServiceAccount in each namespace, bound to one ClusterRole."""

from __future__ import annotations

from model_monitor_operator.manifests.common import MANAGED_LABELS, Object
from model_monitor_operator.rbac import RUNNER
from model_monitor_operator.settings import Settings


def service_account(namespace: str) -> Object:
    """The ServiceAccount of runs. Its token is mounted only where a pod asks for it."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": RUNNER, "namespace": namespace, "labels": dict(MANAGED_LABELS)},
        "automountServiceAccountToken": False,
    }


def role_binding(namespace: str, settings: Settings) -> Object:
    """Binds the ServiceAccount of runs to the runner's ClusterRole."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": RUNNER, "namespace": namespace, "labels": dict(MANAGED_LABELS)},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": settings.runner_cluster_role,
        },
        "subjects": [{"kind": "ServiceAccount", "name": RUNNER, "namespace": namespace}],
    }
