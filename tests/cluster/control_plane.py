"""A real control plane: etcd, kube-apiserver and kube-controller-manager on loopback ports in a temporary folder."""

from __future__ import annotations

import base64
import http.client
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.cluster.api import ApiClient, ApiError, Object
from tests.cluster.processes import free_ports, log_tail, start_process, stop_process, wait_until
from tests.cluster.tools import find_tool

_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}
# User to group. Scheduler and node have the names of real ones, so RBAC and the Node authorizer judge them.
_USERS = {
    "admin": "system:masters",
    "system:kube-scheduler": "",
    "system:node:test-node": "system:nodes",
}


class ControlPlaneError(RuntimeError):
    """A part of the control plane did not start; the message has the last lines of its log."""


class ControlPlane:
    """A Kubernetes control plane as a context manager; about three seconds to ready.

    RBAC and Node authorization, the default admission plug-ins (ServiceAccount, PodSecurity,
    ValidatingAdmissionPolicy, …) and OwnerReferencesPermissionEnforcement are on; all default controllers run, each
    under its own service account; every request is in the audit log. There is no scheduler and no node:
    `tests.cluster.kubelet.SubprocessKubelet` plays both.

    Every process ends with the `with` block, and also when the process that made it is killed hard: enter it in a
    thread that lives as long as the cluster should (the main thread), see `start_process`.
    """

    def __init__(self, *, without: Sequence[str] = ()) -> None:
        """`without`: feature gates that are off, as in an older version of Kubernetes."""
        self._without = tuple(without)
        self.folder = Path()
        self.server = ""
        self.ca_file = Path()
        self._tokens = {user: secrets.token_hex(16) for user in _USERS}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ports = [0, 0, 0]

    def __enter__(self) -> ControlPlane:
        for remaining in (2, 1, 0):
            self.folder = Path(tempfile.mkdtemp(prefix="control-plane-"))
            try:
                self._write_files()
                self._start_all()
                break
            except ControlPlaneError as error:
                self.__exit__()
                # Somebody else took a port between our choice and its use: choose again.
                if not remaining or "address already in use" not in str(error):
                    raise
            except BaseException:
                self.__exit__()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("kube-controller-manager", "kube-apiserver", "etcd"):
            if name in self._processes:
                # Nothing in the folder is kept, so etcd and the API server need no orderly end.
                stop_process(self._processes.pop(name), grace_seconds=0.0)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def host(self) -> str:
        """What pods get as KUBERNETES_SERVICE_HOST."""
        return "127.0.0.1"

    @property
    def port(self) -> int:
        """What pods get as KUBERNETES_SERVICE_PORT."""
        return self._ports[2]

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "admin.kubeconfig"

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment with KUBECONFIG (administrator) set and every cache inside the folder."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.folder / "kube-cache")}

    def client(self, user: str = "admin") -> ApiClient:
        """An API client for `admin`, `system:kube-scheduler` or `system:node:test-node`."""
        return ApiClient(self.server, self.ca_file, self._tokens[user])

    def token_for(self, namespace: str, service_account: str, *, expiration_seconds: int = 36000) -> str:
        """A real token of a service account (TokenRequest), valid for ten hours (the least is 600 s)."""
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": expiration_seconds},
        }
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}/token"
        token: str = self.client().create(path, request)["status"]["token"]
        return token

    def client_for(self, namespace: str, service_account: str) -> ApiClient:
        """An API client with the service account's own rights."""
        return ApiClient(self.server, self.ca_file, self.token_for(namespace, service_account))

    def kubeconfig_for(self, namespace: str, service_account: str) -> Path:
        """A kubeconfig with the service account's own token; its default namespace is the account's."""
        path = self.folder / f"{namespace}.{service_account}.kubeconfig"
        self._write_kubeconfig(path, service_account, self.token_for(namespace, service_account), namespace)
        return path

    def kubectl(self, *arguments: str, input: str | None = None, check: bool = True) -> str:
        """Run kubectl as administrator; its standard output (and, with `check=False`, its standard error after it).

        Raises:
            RuntimeError: it failed (and `check` is true); the message has the command and its standard error.
        """
        done = subprocess.run(
            [find_tool("kubectl"), *arguments],
            input=input,
            capture_output=True,
            text=True,
            env=self.environment,
            check=False,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"kubectl {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout if check else done.stdout + done.stderr

    def get(self, *arguments: str) -> Object:
        """`kubectl get … -o json`, parsed."""
        answer: Object = json.loads(self.kubectl("get", *arguments, "-o", "json"))
        return answer

    def apply(self, text: str, *arguments: str) -> str:
        """`kubectl apply -f -` of YAML or JSON text."""
        return self.kubectl("apply", "-f", "-", *arguments, input=text)

    def create_namespace(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Create a namespace and wait until its default service account and CA bundle are there."""
        client = self.client()
        metadata = {"name": name, "labels": dict(labels or {})}
        client.create("/api/v1/namespaces", {"metadata": metadata})
        for path in ("serviceaccounts/default", "configmaps/kube-root-ca.crt"):
            wait_until(partial(self._exists, client, f"/api/v1/namespaces/{name}/{path}"), f"{path} in {name}")

    def delete_namespace(self, name: str) -> None:
        """Delete a namespace without waiting until it is empty."""
        try:
            self.client().delete(f"/api/v1/namespaces/{name}")
        except ApiError as error:
            if error.code not in (404, 409):
                raise

    def audit_position(self) -> int:
        """Where the audit log ends now, for `audit(since=…)`."""
        path = self.folder / "audit.log"
        return path.stat().st_size if path.exists() else 0

    def audit(self, since: int = 0) -> list[dict[str, Any]]:
        """The audit events (audit.k8s.io/v1 Event, Metadata level) written after a position of `audit_position`."""
        with (self.folder / "audit.log").open("rb") as log:
            log.seek(since)
            text = log.read()
        # The last line may be half written.
        return [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]

    def writes(self, user: str, since: int = 0) -> list[dict[str, Any]]:
        """The audit events by which a user changed something (or tried to), reviews and token requests aside.

        `user` is the full name, such as `system:serviceaccount:NAMESPACE:NAME`.
        """
        return list(_writes_of(user, self.audit(since)))

    def restart_apiserver(self, *, grace_seconds: float = 1.0) -> None:
        """End the API server (SIGKILL after the grace) and start it again on the same port; back when it is ready."""
        stop_process(self._processes.pop("kube-apiserver"), grace_seconds=grace_seconds)
        self._start_apiserver()
        self._wait_ready()

    def log(self, name: str) -> Path:
        """The log file of `etcd`, `kube-apiserver` or `kube-controller-manager`."""
        return self.folder / f"{name}.log"

    def _start_all(self) -> None:
        etcd_client, etcd_peer, _ = self._ports
        own = f"http://127.0.0.1:{etcd_client}"
        peer = f"http://127.0.0.1:{etcd_peer}"
        self._start(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={own}",
            f"--advertise-client-urls={own}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--quota-backend-bytes=4294967296",
        )
        self._start_apiserver()
        self._wait_ready()
        self._start(
            "kube-controller-manager",
            f"--kubeconfig={self.kubeconfig}",
            f"--service-account-private-key-file={self.folder / 'service-account.key'}",
            f"--root-ca-file={self.ca_file}",
            "--use-service-account-credentials",
            "--leader-elect=false",
            "--secure-port=0",
            # The default of 20 requests a second would make its start and every test wait.
            "--kube-api-qps=200",
            "--kube-api-burst=400",
        )

    def _start_apiserver(self) -> None:
        self._start(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self._ports[0]}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port}",
            f"--tls-cert-file={self.folder / 'server.crt'}",
            f"--tls-private-key-file={self.folder / 'server.key'}",
            "--service-cluster-ip-range=10.43.0.0/24",
            f"--service-account-key-file={self.folder / 'service-account.key'}",
            f"--service-account-signing-key-file={self.folder / 'service-account.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
            f"--audit-policy-file={self.folder / 'audit-policy.json'}",
            f"--audit-log-path={self.folder / 'audit.log'}",
            "--audit-log-maxsize=0",
            *([f"--feature-gates={','.join(f'{gate}=false' for gate in self._without)}"] if self._without else []),
        )

    def _start(self, name: str, *arguments: str) -> None:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder)}
        self._processes[name] = start_process(
            [find_tool(name), *arguments], self.log(name), environment=environment, folder=self.folder
        )

    def _check_alive(self) -> None:
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise ControlPlaneError(f"{name} ended with {process.returncode}:\n{log_tail(self.log(name))}")

    def _exists(self, client: ApiClient, path: str) -> bool:
        self._check_alive()
        try:
            client.get(path)
        except ApiError as error:
            if error.code != 404:
                raise
            return False
        return True

    def _wait_ready(self) -> None:
        client = self.client()

        def ready() -> bool:
            self._check_alive()
            try:
                client.get("/readyz")
            except (OSError, http.client.HTTPException, ApiError):
                return False
            return True

        try:
            wait_until(ready, "the API server to be ready", timeout_seconds=90.0)
        except TimeoutError as error:
            raise ControlPlaneError(f"{error}\n{log_tail(self.log('kube-apiserver'))}") from error

    def _write_files(self) -> None:
        self._ports = free_ports(3)
        self.server = f"https://{self.host}:{self.port}"
        self.ca_file = self.folder / "ca.crt"
        make_certificates(self.folder, self.host)
        lines = [
            f'{self._tokens[user]},{user},{number},"{groups}"' if groups else f"{self._tokens[user]},{user},{number}"
            for number, (user, groups) in enumerate(_USERS.items())
        ]
        (self.folder / "tokens.csv").write_text("\n".join(lines) + "\n")
        (self.folder / "audit-policy.json").write_text(json.dumps(_AUDIT_POLICY))
        self._write_kubeconfig(self.kubeconfig, "admin", self._tokens["admin"], "default")

    def _write_kubeconfig(self, path: Path, user: str, token: str, namespace: str) -> None:
        authority = base64.b64encode(self.ca_file.read_bytes()).decode()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": {"server": self.server, "certificate-authority-data": authority}}],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": user, "namespace": namespace}}],
            "current-context": "test",
        }
        path.write_text(json.dumps(config, indent=1))
        path.chmod(0o600)


def make_certificates(folder: Path, host: str) -> None:
    """Write `ca.crt`, `server.crt`, `server.key` (for `host`) and `service-account.key` with the openssl command.

    A certificate authority and a leaf with key identifiers, as strict verification (Python 3.13) wants them.

    Raises:
        ControlPlaneError: there is no openssl, or it failed.
    """
    (folder / "server.ext").write_text(
        f"subjectAltName=IP:{host},DNS:localhost,DNS:kubernetes.default.svc\n"
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    for arguments in (
        f"req -x509 {key} -keyout ca.key -out ca.crt -days 30 -subj /CN=test-ca"
        " -addext keyUsage=critical,keyCertSign,cRLSign",
        f"req {key} -keyout server.key -out server.csr -subj /CN=kube-apiserver",
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 30"
        " -extfile server.ext",
        "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out service-account.key",
    ):
        try:
            subprocess.run(["openssl", *arguments.split()], cwd=folder, check=True, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise ControlPlaneError("the command openssl is missing; install the package openssl") from error
        except subprocess.CalledProcessError as error:
            raise ControlPlaneError(f"openssl {arguments}: {error.stderr.strip()}") from error


def _writes_of(user: str, events: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for event in events:
        reference = event.get("objectRef", {})
        if (
            event["user"]["username"] == user
            and event["verb"] in ("create", "update", "patch", "delete", "deletecollection")
            and reference.get("apiGroup") not in ("authorization.k8s.io", "authentication.k8s.io")
            and reference.get("subresource") != "token"
        ):
            yield event
