"""The harness itself: what the other cluster tests rely on is so."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest

from tests.cluster.api import ApiError
from tests.cluster.control_plane import ControlPlane
from tests.cluster.helm import helm
from tests.cluster.kubelet import SubprocessKubelet
from tests.cluster.object_store import ObjectStore
from tests.cluster.processes import wait_until

Object = dict[str, Any]
IMAGE = "python:3"


def create_job(control_plane: ControlPlane, namespace: str, container: Object, **pod: Any) -> None:
    template = {
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": IMAGE, **container}], **pod}
    }
    control_plane.client().create(
        f"/apis/batch/v1/namespaces/{namespace}/jobs",
        {"metadata": {"name": "job"}, "spec": {"backoffLimit": 0, "template": template}},
    )


def job_end(control_plane: ControlPlane, namespace: str) -> str:
    """Complete or Failed, once the Job is one of them."""

    def ended() -> str:
        job = control_plane.client().get(f"/apis/batch/v1/namespaces/{namespace}/jobs/job")
        types = {c["type"] for c in job["status"].get("conditions", []) if c["status"] == "True"}
        return next((kind for kind in ("Complete", "Failed") if kind in types), "")

    return wait_until(ended, "the Job to end")


def only_pod(control_plane: ControlPlane, namespace: str) -> Object:
    pods = wait_until(
        lambda: control_plane.client().get(f"/api/v1/namespaces/{namespace}/pods")["items"], "the Job's pod"
    )
    assert len(pods) == 1
    pod: Object = pods[0]
    return pod


def container_state(control_plane: ControlPlane, namespace: str) -> Object:
    statuses = only_pod(control_plane, namespace)["status"].get("containerStatuses", [{"state": {}}])
    state: Object = statuses[0]["state"]
    return state


def waiting_reason(control_plane: ControlPlane, namespace: str) -> str:
    return str(container_state(control_plane, namespace).get("waiting", {}).get("reason", ""))


def python(code: str) -> Object:
    return {"command": ["python", "-c", code]}


def test_a_job_runs_and_tells_its_end(control_plane: ControlPlane, kubelet: SubprocessKubelet, namespace: str) -> None:
    create_job(control_plane, namespace, python("print('seen'); open('/dev/termination-log', 'w').write('told')"))
    assert job_end(control_plane, namespace) == "Complete"
    assert kubelet.job_logs(namespace, "job") == "seen\n"
    pod = only_pod(control_plane, namespace)
    assert pod["status"]["phase"] == "Succeeded"
    assert pod["spec"]["nodeName"] == "test-node"
    terminated = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (terminated["exitCode"], terminated["reason"], terminated["message"]) == (0, "Completed", "told")


def test_a_failure_falls_back_to_the_log(
    control_plane: ControlPlane, kubelet: SubprocessKubelet, namespace: str
) -> None:
    container = {**python("raise SystemExit('no such prefix')"), "terminationMessagePolicy": "FallbackToLogsOnError"}
    create_job(control_plane, namespace, container)
    assert job_end(control_plane, namespace) == "Failed"
    terminated = container_state(control_plane, namespace)["terminated"]
    assert (terminated["exitCode"], terminated["message"]) == (1, "no such prefix\n")


def test_a_memory_limit_kills_the_whole_tree(
    control_plane: ControlPlane, kubelet: SubprocessKubelet, namespace: str
) -> None:
    child = "import time; held = bytearray(200 << 20); time.sleep(60)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    create_job(control_plane, namespace, {**python(code), "resources": {"limits": {"memory": "100Mi"}}})
    assert job_end(control_plane, namespace) == "Failed"
    terminated = container_state(control_plane, namespace)["terminated"]
    assert (terminated["exitCode"], terminated["reason"]) == (137, "OOMKilled")


def test_an_image_that_is_not_there(control_plane: ControlPlane, kubelet: SubprocessKubelet, namespace: str) -> None:
    create_job(control_plane, namespace, {"image": "registry.invalid/model-monitor-jobs:1"})
    seen = set()

    def backs_off() -> bool:
        seen.add(waiting_reason(control_plane, namespace))
        return "ImagePullBackOff" in seen

    wait_until(backs_off, "ImagePullBackOff", interval_seconds=0.02)
    assert "ErrImagePull" in seen
    assert "Failed to pull image" in control_plane.kubectl("get", "events", "-n", namespace)


def test_environment_from_secrets_and_the_downward_api(
    control_plane: ControlPlane, kubelet: SubprocessKubelet, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_TESTS", "1")
    job_name = {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}}
    container = {
        **python("import json, os; print(json.dumps(dict(os.environ)))"),
        "env": [
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "store", "key": "key"}}},
            {"name": "JOB", "valueFrom": job_name},
            {"name": "URI", "value": "s3://bucket/$(JOB)/$$(JOB)/$(UNKNOWN)"},
            {"name": "LIMIT", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}},
        ],
        "envFrom": [{"secretRef": {"name": "store"}, "prefix": "STORE_"}],
        "resources": {"limits": {"memory": "1Gi"}},
    }
    create_job(control_plane, namespace, container)
    wait_until(
        lambda: waiting_reason(control_plane, namespace) == "CreateContainerConfigError", "the missing Secret to show"
    )
    secret = {"metadata": {"name": "store"}, "data": {"key": base64.b64encode(b"hidden").decode()}}
    control_plane.client().create(f"/api/v1/namespaces/{namespace}/secrets", secret)
    assert job_end(control_plane, namespace) == "Complete"
    variables = json.loads(kubelet.job_logs(namespace, "job"))
    assert variables["KEY"] == variables["STORE_key"] == "hidden"
    assert variables["JOB"] == "job"
    assert variables["URI"] == "s3://bucket/job/$(JOB)/$(UNKNOWN)"
    assert variables["LIMIT"] == str(1 << 30)
    assert "OF_THE_TESTS" not in variables


def test_volumes_and_a_token_of_the_pods_own(
    control_plane: ControlPlane, kubelet: SubprocessKubelet, namespace: str
) -> None:
    """The mounted token reaches the API server as the pod's account, mount paths in metadata files are folders."""
    code = """
import json, os, pathlib, ssl, sys, urllib.error, urllib.request
access, metadata, data = map(pathlib.Path, sys.argv[1:])
host = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
headers = {"Authorization": "Bearer " + (access / "token").read_text(), "Content-Type": "application/json"}
body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
request = urllib.request.Request(
    host + "/apis/authentication.k8s.io/v1/selfsubjectreviews", json.dumps(body).encode(), headers)
context = ssl.create_default_context(cafile=access / "ca.crt")
review = json.load(urllib.request.urlopen(request, context=context))
config = json.loads((metadata / "config").read_text())
(pathlib.Path(config["data"].removeprefix("file://")) / "out.txt").write_text((data / "in.txt").read_text().upper())
print(review["status"]["userInfo"]["username"], config["elsewhere"])
"""
    (kubelet.claim_folder(namespace, "claim") / "in.txt").write_text("content")
    token = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}}
    authority = {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}
    item = {"path": "config", "fieldRef": {"fieldPath": "metadata.annotations['example.com/config']"}}
    control_plane.client().create(
        f"/apis/batch/v1/namespaces/{namespace}/jobs",
        {
            "metadata": {"name": "job"},
            "spec": {
                "backoffLimit": 0,
                "template": {
                    "metadata": {
                        "annotations": {"example.com/config": '{"data": "file:///data", "elsewhere": "s3://b/data"}'}
                    },
                    "spec": {
                        "restartPolicy": "Never",
                        "automountServiceAccountToken": False,
                        "containers": [
                            {
                                "name": "main",
                                "image": IMAGE,
                                "command": ["python", "-c", code],
                                "args": ["/var/run/access", "/etc/metadata", "/data"],
                                "volumeMounts": [
                                    {"name": "access", "mountPath": "/var/run/access"},
                                    {"name": "metadata", "mountPath": "/etc/metadata"},
                                    {"name": "data", "mountPath": "/data"},
                                ],
                            }
                        ],
                        "volumes": [
                            {"name": "access", "projected": {"sources": [token, authority]}},
                            {"name": "metadata", "downwardAPI": {"items": [item]}},
                            {"name": "data", "persistentVolumeClaim": {"claimName": "claim"}},
                        ],
                    },
                },
            },
        },
    )
    assert job_end(control_plane, namespace) == "Complete", kubelet.job_logs(namespace, "job")
    assert kubelet.job_logs(namespace, "job") == f"system:serviceaccount:{namespace}:default s3://b/data\n"
    assert (kubelet.claim_folder(namespace, "claim") / "out.txt").read_text() == "CONTENT"


def test_a_deleted_pod_gets_its_grace_period(
    control_plane: ControlPlane, kubelet: SubprocessKubelet, namespace: str
) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('asked to end', flush=True), sys.exit(3)))\n"
        "print('up', flush=True)\ntime.sleep(60)"
    )
    create_job(control_plane, namespace, python(code))
    pod = only_pod(control_plane, namespace)["metadata"]["name"]
    wait_until(
        lambda: "running" in container_state(control_plane, namespace) and "up" in kubelet.logs(namespace, pod), "up"
    )
    control_plane.kubectl("delete", "job", "job", "-n", namespace, "--wait=false")
    wait_until(
        lambda: not control_plane.client().get(f"/api/v1/namespaces/{namespace}/pods")["items"], "the pod to be gone"
    )
    assert kubelet.logs(namespace, pod) == "up\nasked to end\n"


def test_an_evicted_and_a_lost_pod(control_plane: ControlPlane, kubelet: SubprocessKubelet, namespace: str) -> None:
    for name in ("evicted", "lost"):
        spec = {"containers": [{"name": "main", "image": IMAGE, **python("import time; time.sleep(60)")}]}
        body = {"metadata": {"name": name}, "spec": {"restartPolicy": "Never", **spec}}
        control_plane.client().create(f"/api/v1/namespaces/{namespace}/pods", body)

    def running() -> bool:
        pods = control_plane.client().get(f"/api/v1/namespaces/{namespace}/pods")["items"]
        return all(pod["status"]["phase"] == "Running" for pod in pods)

    wait_until(running, "both pods to run")
    kubelet.evict(namespace, "evicted")
    kubelet.lose(namespace, "lost")
    path = f"/api/v1/namespaces/{namespace}/pods"
    wait_until(
        lambda: control_plane.client().get(f"{path}/evicted")["status"].get("reason") == "Evicted", "the eviction"
    )
    with pytest.raises(ApiError, match="not found"):
        control_plane.client().get(f"{path}/lost")


def test_a_deployment_restarts_and_reaches_the_api(
    control_plane: ControlPlane, kubelet: SubprocessKubelet, namespace: str
) -> None:
    """A pod that stays up crashes once, is restarted, and finds the API server by the usual client's own means."""
    code = (
        "import pathlib, sys, time, kubernetes\n"
        "crashed = pathlib.Path(sys.argv[1]) / 'crashed'\n"
        "if not crashed.exists():\n"
        "    crashed.touch()\n"
        "    sys.exit('first start')\n"
        "kubernetes.config.load_config()\n"
        "api = kubernetes.client.AuthenticationV1Api()\n"
        "print(api.create_self_subject_review({}).status.user_info.username, flush=True)\n"
        "time.sleep(60)"
    )
    container = {
        "name": "main",
        "image": IMAGE,
        **python(code),
        "args": ["/state"],
        "volumeMounts": [{"name": "state", "mountPath": "/state"}],
    }
    template = {
        "metadata": {"labels": {"app": "x"}},
        "spec": {"containers": [container], "volumes": [{"name": "state", "emptyDir": {}}]},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "x"}}, "template": template}
    deployment = {"metadata": {"name": "up"}, "spec": spec}
    control_plane.client().create(f"/apis/apps/v1/namespaces/{namespace}/deployments", deployment)
    pod = only_pod(control_plane, namespace)["metadata"]["name"]
    account = f"system:serviceaccount:{namespace}:default"
    wait_until(
        lambda: account in kubelet.logs(namespace, pod) if container_state(control_plane, namespace) else False,
        "the restarted container to reach the API server",
    )
    control_plane.kubectl("wait", "--for=condition=Available", "deployment/up", "-n", namespace, "--timeout=10s")
    (status,) = only_pod(control_plane, namespace)["status"]["containerStatuses"]
    assert status["restartCount"] == 1
    assert status["lastState"]["terminated"]["exitCode"] == 1


def init_container(name: str, code: str, **container: Any) -> Object:
    shared = [{"name": "shared", "mountPath": "/shared"}]
    return {"name": name, "image": IMAGE, "volumeMounts": shared, **python(code), **container}


def test_init_containers_run_first_and_hand_on_variables(
    control_plane: ControlPlane, kubelet: SubprocessKubelet, namespace: str
) -> None:
    first = init_container("first", "open('/shared/variables', 'w').write(\"# made\\nword='told'\\n\")")
    variable = {
        "name": "WORD",
        "valueFrom": {"fileKeyRef": {"volumeName": "shared", "path": "variables", "key": "word"}},
    }
    main = {**python("import os; print(os.environ['WORD'])"), "env": [variable]}
    volumes = [{"name": "shared", "emptyDir": {}}]
    create_job(control_plane, namespace, main, initContainers=[first], volumes=volumes)
    assert job_end(control_plane, namespace) == "Complete"
    assert kubelet.job_logs(namespace, "job") == "told\n"


def test_an_init_container_that_fails_ends_the_pod(control_plane: ControlPlane, namespace: str) -> None:
    failing = init_container("first", "raise SystemExit(3)")
    volumes = [{"name": "shared", "emptyDir": {}}]
    create_job(control_plane, namespace, python("print('ran')"), initContainers=[failing], volumes=volumes)
    assert job_end(control_plane, namespace) == "Failed"
    status = only_pod(control_plane, namespace)["status"]
    assert status["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 3
    assert "waiting" in status["containerStatuses"][0]["state"]


def test_objects_written_through_s3_are_read_back(object_store: ObjectStore) -> None:
    folder = object_store.create_bucket("harness")
    (folder / "capture").mkdir()
    (folder / "capture" / "a.jsonl").write_text("{}\n")
    store = pafs.S3FileSystem(
        endpoint_override=object_store.endpoint,
        scheme="http",
        access_key=object_store.access_key,
        secret_key=object_store.secret_key,
        region=object_store.region,
    )
    table = pa.table({"delay": [1.5, None]})
    pq.write_table(table, "harness/out/x.parquet", filesystem=store)
    assert pq.read_table("harness/out/x.parquet", filesystem=store).equals(table)
    with store.open_input_stream("harness/capture/a.jsonl") as stream:
        assert stream.read() == b"{}\n"
    listed = store.get_file_info(pafs.FileSelector("harness", recursive=True))
    assert {info.path for info in listed if info.is_file} == {"harness/out/x.parquet", "harness/capture/a.jsonl"}


def test_the_audit_log_tells_writes_by_user(control_plane: ControlPlane, namespace: str) -> None:
    since = control_plane.audit_position()
    kubeconfig = control_plane.kubeconfig_for(namespace, "default")
    refused = control_plane.kubectl(f"--kubeconfig={kubeconfig}", "create", "configmap", "x", check=False)
    assert "forbidden" in refused
    (write,) = control_plane.writes(f"system:serviceaccount:{namespace}:default", since)
    assert (write["verb"], write["objectRef"]["resource"], write["responseStatus"]["code"]) == (
        "create",
        "configmaps",
        403,
    )
    assert control_plane.writes("admin", since) == []


def test_helm_installs_a_chart(control_plane: ControlPlane, namespace: str, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: small\nversion: 1.0.0\n")
    (tmp_path / "templates" / "x.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-the-chart}\n")
    helm(control_plane, "install", "small", str(tmp_path), "--namespace", namespace)
    assert "of-the-chart" in control_plane.kubectl("get", "configmaps", "-n", namespace)
    with pytest.raises(RuntimeError, match="helm install small"):
        helm(control_plane, "install", "small", str(tmp_path), "--namespace", namespace)


def test_pods_outlive_a_restart_of_the_api_server() -> None:
    code = "import time; time.sleep(2)"
    with ControlPlane() as control_plane, SubprocessKubelet(control_plane) as kubelet:
        control_plane.create_namespace("restart")
        create_job(control_plane, "restart", python(code))
        wait_until(lambda: "running" in container_state(control_plane, "restart"), "the pod to run")
        control_plane.restart_apiserver()
        assert job_end(control_plane, "restart") == "Complete", kubelet.job_logs("restart", "job")


def test_nothing_outlives_a_killed_test_process(tmp_path: Path) -> None:
    code = (
        "import time\n"
        "from tests.cluster.control_plane import ControlPlane\n"
        "with ControlPlane() as control_plane:\n"
        "    print(control_plane.folder, *(p.pid for p in control_plane._processes.values()), flush=True)\n"
        "    time.sleep(600)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
    assert owner.stdout is not None
    folder, *numbers = owner.stdout.readline().split()
    assert len(numbers) == 3
    assert all(Path(f"/proc/{number}").exists() for number in numbers)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    wait_until(lambda: not any(Path(f"/proc/{number}").exists() for number in numbers), f"all of {folder} to end")
