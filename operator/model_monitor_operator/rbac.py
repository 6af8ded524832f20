"""The rights that the operator and its runs need, as data: the chart's roles are generated from it."""

from __future__ import annotations

from dataclasses import dataclass

from model_monitor_crds.base import GROUP

RUNNER = "model-monitor-runner"
"""Name of the ServiceAccount and the RoleBinding of runs, in every namespace with work."""


@dataclass(frozen=True)
class Rule:
    """One rule of a Role or ClusterRole, and why it is there."""

    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    resource_names: tuple[str, ...] = ()
    reason: str = ""

    def to_dict(self) -> dict[str, list[str]]:
        """The rule as it stands in a Role."""
        rule = {"apiGroups": list(self.api_groups), "resources": list(self.resources), "verbs": list(self.verbs)}
        return rule | ({"resourceNames": list(self.resource_names)} if self.resource_names else {})


def cluster_rules(runner_cluster_role: str = RUNNER) -> list[Rule]:
    """What the operator may do to objects outside namespaces: always a ClusterRole with a ClusterRoleBinding.

    `runner_cluster_role` is the name of the ClusterRole that has `runner_rules()`.
    """
    return [
        Rule(
            ("rbac.authorization.k8s.io",),
            ("clusterroles",),
            ("bind",),
            (runner_cluster_role,),
            "give runs the rights of this one role without having them; no other role can be given",
        ),
    ]


def namespaced_rules() -> list[Rule]:
    """What the operator may do in the namespaces it watches."""
    return [
        Rule(
            (GROUP,),
            ("baselines", "monitoringschedules"),
            ("get", "list", "watch"),
            reason="read what is asked for; its spec and metadata are never written",
        ),
        Rule(
            (GROUP,),
            ("baselines/status", "monitoringschedules/status", "monitoringexecutions/status"),
            ("patch",),
            reason="say what has come of it",
        ),
        Rule(
            (GROUP,),
            ("monitoringexecutions",),
            ("get", "list", "watch", "create", "delete"),
            reason="record runs whose container could not start, and remove those beyond the history limits",
        ),
        Rule(
            ("batch",),
            ("cronjobs",),
            ("get", "list", "watch", "create", "patch", "delete"),
            reason="one CronJob for each MonitoringSchedule with a schedule",
        ),
        Rule(
            ("batch",),
            ("jobs",),
            ("get", "list", "watch", "create", "delete"),
            reason="Jobs of baselines and of runs by hand; see how runs end",
        ),
        Rule(
            ("",),
            ("pods",),
            ("list", "watch"),
            reason="tell why a run could not start or was ended: image pull, memory, eviction",
        ),
        Rule(
            ("",),
            ("events",),
            ("list", "create"),
            reason="tell why a Job has no pod (only its events say), and report changes of state",
        ),
        Rule(
            ("",),
            ("serviceaccounts",),
            ("get", "create", "patch"),
            (RUNNER,),
            "the runs' own identity; no other ServiceAccount can be touched",
        ),
        Rule(
            ("rbac.authorization.k8s.io",),
            ("rolebindings",),
            ("get", "create", "patch"),
            (RUNNER,),
            "bind that identity to the runner's ClusterRole; no other binding can be touched",
        ),
    ]


def runner_rules() -> list[Rule]:
    """What a run may do in its namespace: write MonitoringExecutions, nothing else."""
    return [
        Rule(
            (GROUP,),
            ("monitoringexecutions",),
            ("get", "create", "patch"),
            reason="record the run",
        ),
        Rule(
            (GROUP,),
            ("monitoringexecutions/status",),
            ("patch",),
            reason="record what it found",
        ),
    ]
