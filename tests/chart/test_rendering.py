"""What the chart renders, for every way to set it up, and what its values refuse."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest
import yaml

from model_monitor_operator.settings import Settings
from tests.chart.release import CHART, NAMESPACE, Object, helm_output, objects, of_kind, only
from tests.cluster.control_plane import ControlPlane
from tests.cluster.helm import helm

SETUPS: dict[str, tuple[str, ...]] = {
    "default": (),
    "namespaced": ('watchNamespaces=["team-a","team-b"]',),
    "no policy": ("admissionPolicy.enabled=false",),
    "no rbac": ("rbac.create=false",),
    "no definitions": ("crds.enabled=false",),
    "definitions not kept": ("crds.keep=false", 'crds.annotations={"example.com/owner":"platform"}'),
    "own account": ("serviceAccount.create=false", 'serviceAccount.name="existing"'),
    "annotated account": ('serviceAccount.annotations={"example.com/role":"x"}',),
    "network policy": ("networkPolicy.enabled=true", 'networkPolicy.metricsFrom=[{"namespaceSelector":{}}]'),
    "no metrics": ("metrics.service.enabled=false",),
    "placed": (
        'nodeSelector={"kubernetes.io/os":"linux"}',
        'tolerations=[{"operator":"Exists"}]',
        'affinity={"nodeAffinity":{}}',
        'priorityClassName="system-cluster-critical"',
        'imagePullSecrets=[{"name":"registry"}]',
        'podLabels={"team":"ml"}',
        'podAnnotations={"note":"x"}',
        'extraEnv=[{"name":"HTTPS_PROXY","value":"http://proxy:3128"}]',
    ),
    "named": ('fullnameOverride="' + "long-" * 10 + 'x"',),
}


def environment(rendered: list[Object]) -> dict[str, str]:
    """The operator's environment variables."""
    return {item["name"]: item["value"] for item in container(rendered)["env"]}


def container(rendered: list[Object]) -> Object:
    (operator,) = pod(rendered)["containers"]
    return dict(operator)


def pod(rendered: list[Object]) -> Object:
    return dict(only(rendered, "Deployment")["spec"]["template"]["spec"])


def test_lint_finds_nothing() -> None:
    done = helm_output("lint", "--strict", str(CHART))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout


@pytest.mark.parametrize("setup", SETUPS)
def test_every_setup_is_accepted_by_the_api_server(released: ControlPlane, setup: str) -> None:
    """Strictly validated against the server's own types: unknown fields and bad names are refused."""
    for name in ("team-a", "team-b"):
        released.kubectl("create", "namespace", name, check=False)
    # The release's name is not that of the one installed, so nothing there gets in the way but the definitions.
    rendered = objects(*SETUPS[setup])
    if "definitions" not in setup and setup != "default":
        # They are the same in every setup, and most of the work.
        rendered = [item for item in rendered if item["kind"] != "CustomResourceDefinition"]
    text = yaml.safe_dump_all(rendered)
    answer = released.apply(text, "--dry-run=server", "--validate=strict", "--server-side", "--force-conflicts")
    assert "deployment.apps/" in answer


@pytest.mark.parametrize("setup", SETUPS)
def test_names_are_unique_and_every_object_is_labelled(setup: str) -> None:
    rendered = objects(*SETUPS[setup])
    names = [(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in rendered]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 63 for *_, name in names)
    for item in rendered:
        labels = item["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["helm.sh/chart"].startswith("model-monitor-operator-")


@pytest.mark.parametrize("setup", SETUPS)
def test_the_operator_understands_its_environment(setup: str) -> None:
    """The operator refuses variables of its prefix that it does not know, so a renamed setting shows here."""
    settings = Settings.from_environment(environment(objects(*SETUPS[setup])))
    assert settings.job_image == "model-monitor-jobs:0.1.0"
    assert settings.job_resources["limits"] == {"memory": "2Gi"}
    assert settings.namespaces == (("team-a", "team-b") if setup == "namespaced" else ())
    assert settings.log_format == "json"


@pytest.mark.parametrize("sets", [(), ("ports.health=9000", "ports.metrics=9001")])
def test_ports_and_probes_are_the_operators(sets: tuple[str, ...]) -> None:
    rendered = objects(*sets)
    settings = Settings.from_environment(environment(rendered))
    ports = {port["name"]: port["containerPort"] for port in container(rendered)["ports"]}
    assert ports == {"health": settings.health_port, "metrics": settings.metrics_port}
    assert settings.health_port == (9000 if sets else 8080)
    assert pod(rendered)["enableServiceLinks"] is False


def test_pod_security_is_restricted(released: ControlPlane) -> None:
    """In a namespace that enforces the restricted profile, the pod is admitted (a Deployment would only warn)."""
    released.create_namespace("restricted", {"pod-security.kubernetes.io/enforce": "restricted"})
    released.kubectl("create", "serviceaccount", "operator", "-n", "restricted")
    spec = pod(objects()) | {"serviceAccountName": "operator"}
    alone = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "alone", "namespace": "restricted"}, "spec": spec}
    released.apply(json.dumps(alone), "--dry-run=server")
    spec["containers"][0]["securityContext"] = {}
    with pytest.raises(RuntimeError, match="restricted"):
        released.apply(json.dumps(alone), "--dry-run=server")


def test_images_take_registry_tag_and_digest() -> None:
    digest = "sha256:" + "0" * 64
    rendered = objects(
        'image.registry="registry.example.com/team/"', f'image.operator.digest="{digest}"', 'image.jobs.tag="1.2.3"'
    )
    assert container(rendered)["image"] == f"registry.example.com/team/model-monitor-operator@{digest}"
    assert environment(rendered)["MODEL_MONITOR_JOB_IMAGE"] == "registry.example.com/team/model-monitor-jobs:1.2.3"


def test_namespaced_release_has_no_right_in_the_whole_cluster() -> None:
    rendered = objects('watchNamespaces=["team-a","team-b"]')
    assert not of_kind(rendered, "ClusterRoleBinding")
    roles = of_kind(rendered, "Role")
    bindings = of_kind(rendered, "RoleBinding")
    assert [item["metadata"]["namespace"] for item in roles] == ["team-a", "team-b"]
    assert [item["metadata"]["namespace"] for item in bindings] == ["team-a", "team-b"]
    for binding in bindings:
        assert binding["subjects"][0]["namespace"] == NAMESPACE
        assert binding["subjects"][0]["name"] == only(rendered, "ServiceAccount")["metadata"]["name"]


def test_rights_are_no_wider_than_they_must_be() -> None:
    rules = [
        rule
        for item in objects()
        if item["kind"] == "ClusterRole" and "aggregate" not in json.dumps(item)
        for rule in item["rules"]
    ]
    assert rules
    for rule in rules:
        assert "*" not in rule["apiGroups"] + rule["resources"] + rule["verbs"]
        assert "secrets" not in rule["resources"]
        for resource in ("serviceaccounts", "rolebindings", "clusterroles"):
            if resource in rule["resources"]:
                assert rule["resourceNames"], f"{resource} must be limited to names"


def test_runner_role_is_the_one_that_the_operator_may_bind_and_binds() -> None:
    rendered = objects()
    runner = environment(rendered)["MODEL_MONITOR_RUNNER_CLUSTER_ROLE"]
    roles = {item["metadata"]["name"]: item["rules"] for item in of_kind(rendered, "ClusterRole")}
    assert {tuple(rule["resources"]): sorted(rule["verbs"]) for rule in roles[runner]} == {
        ("monitoringexecutions",): ["create", "get", "patch"],
        ("monitoringexecutions/status",): ["patch"],
    }
    bindable = [rule["resourceNames"] for rules in roles.values() for rule in rules if "bind" in rule["verbs"]]
    assert bindable == [[runner]]


def test_definitions_are_kept_unless_told_otherwise() -> None:
    def annotations(*sets: str) -> list[Any]:
        return [item["metadata"]["annotations"] for item in of_kind(objects(*sets), "CustomResourceDefinition")]

    assert annotations() == [{"helm.sh/resource-policy": "keep"}] * 3
    assert annotations("crds.keep=false") in ([None] * 3, [{}] * 3)
    assert of_kind(objects("crds.enabled=false"), "CustomResourceDefinition") == []


def test_service_monitor() -> None:
    monitor = only(objects("metrics.serviceMonitor.enabled=true"), "ServiceMonitor")
    service = only(objects(), "Service")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]
    done = helm_output(
        "template", "x", str(CHART), "--set", "metrics.serviceMonitor.enabled=true,metrics.service.enabled=false"
    )
    assert done.returncode != 0
    assert "metrics.service.enabled" in done.stderr


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("replicas=2", "replicas"),
        ("crds.enabled=1", "crds/enabled"),
        ("crds.kept=true", "kept"),
        ('watchNamespaces="team-a"', "watchNamespaces"),
        ('watchNamespaces=["Team_A"]', "watchNamespaces"),
        ('watchNamespaces=["a","a"]', "watchNamespaces"),
        ('logLevel="verbose"', "logLevel"),
        ('logFormat="xml"', "logFormat"),
        ('image.operator.pullPolicy="Sometimes"', "pullPolicy"),
        ('image.operator.digest="md5:0"', "digest"),
        ('image.operator.repository=""', "repository"),
        ("metrics.service.port=0", "port"),
        ('metrics.serviceMonitor.interval="often"', "interval"),
        ("resyncIntervalSeconds=1", "resyncIntervalSeconds"),
        ('jobs.resources={"claims":[]}', "claims"),
        ('resources={"limits":{"memory":["512Mi"]}}', "memory"),
        ('extraEnv=[{"value":"x"}]', "extraEnv"),
        ("networkPolicy.apiServerPorts=[]", "apiServerPorts"),
        ('serviceAccount.annotations={"a":1}', "annotations"),
        ("admissionPolicy.mode=true", "mode"),
    ],
)
def test_values_schema_refuses(setting: str, named: str) -> None:
    done = helm_output("template", "x", str(CHART), "--set-json", setting)
    assert done.returncode != 0
    assert named in done.stderr


def test_every_value_is_in_the_schema_with_a_description_and_has_a_comment() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    lines = (CHART / "values.yaml").read_text().splitlines()

    def walk(node: Any, described: Any, path: str) -> None:
        assert described.get("description"), path
        if described.get("additionalProperties") is not False:
            return
        assert set(node) | ({"global"} if not path else set()) == set(described["properties"]), path
        for name, child in node.items():
            walk(child, described["properties"][name], f"{path}.{name}")

    walk(values, schema, "")
    for number, line in enumerate(lines):
        if line and not line.startswith((" ", "#")) and line.endswith(("{}", "[]", '""')):
            before = lines[number - 1]
            assert before.startswith("#") or not before.startswith(" "), f"no comment above {line!r}"


def test_notes_say_the_next_step(released: ControlPlane) -> None:
    notes = helm(released, "get", "notes", "monitoring", "--namespace", NAMESPACE)
    example = textwrap.dedent(notes.split("apply this:\n")[1].split("Then look")[0])
    released.apply(example, "--dry-run=server", "--namespace", "default")
    assert "kubectl get baselines,monitoringschedules,monitoringexecutions" in notes
