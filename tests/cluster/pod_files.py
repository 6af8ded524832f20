"""What a container sees: its volumes as folders on disk, its command and environment with the paths of those.

A pod of `SubprocessKubelet` has no file system of its own. Each mount is a folder below the kubelet's, and every
mention of a mount path in command, arguments, environment and in files projected from metadata and ConfigMaps
becomes that folder's path. Client libraries look for the default token at a fixed path, which can't be made to
lead into a folder; a container with that mount gets KUBECONFIG instead, with the same token and authority.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.api import ApiClient, ApiError, Object
from tests.cluster.quantities import divided

POD_ADDRESS = "127.0.0.1"
_DEFAULT_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_NODE_ALLOCATABLE = {"cpu": "2", "memory": "8Gi", "ephemeral-storage": "8Gi"}


class NotReadyError(Exception):
    """The container can't start (yet): `reason` is the word that a kubelet shows in `state.waiting`."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True)
class PreparedContainer:
    """A container ready to be run as a process."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    termination_log: Path


class PathMap:
    """Replaces mount paths by the folders that stand for them."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = {path.rstrip("/"): str(folder) for path, folder in folders.items() if path.rstrip("/")}
        names = "|".join(re.escape(path) for path in sorted(self._folders, key=len, reverse=True))
        # A path counts where it begins a word or a file:// URI, so that s3://bucket/data is no mention of /data.
        self._pattern = re.compile(rf"(?:(?<![\w./-])|(?<=file://))({names})(?=$|[/=\s\"'\\,:;)\]}}&|<>])")

    def replace(self, text: str) -> str:
        """The text with every mount path in it replaced."""
        return self._pattern.sub(lambda match: self._folders[match[1]], text) if self._folders else text


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`$(NAME)` replaced where NAME is known, `$$` by `$`, as kubelet does in command, args and env values."""

    def value(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else variables.get(match[1], match[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", value, text)


def env_file_value(text: str, key: str) -> str:
    """The value of a key in a file of `KEY='value'` lines, empty where there is none; as kubelet's ParseEnv reads it.

    Raises:
        ValueError: a line has another form. Values of several lines are not read here.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.lstrip(" \t")
        if not stripped or stripped.startswith("#"):
            continue
        match = re.fullmatch(r"([^=\s]+)='([^']*)'[ \t]*(#.*)?", stripped)
        if match is None:
            raise ValueError(f"invalid environment variable format at line {number}")
        if match[1] == key:
            return match[2]
    return ""


def pod_field(pod: Object, path: str) -> str:
    """The value of a downward API `fieldPath` of a pod."""
    metadata, spec = pod["metadata"], pod["spec"]
    if entry := re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path):
        return str(metadata.get(entry[1], {}).get(entry[2], ""))
    if path in ("metadata.labels", "metadata.annotations"):
        entries = metadata.get(path.removeprefix("metadata."), {})
        return "\n".join(f"{key}={json.dumps(value)}" for key, value in sorted(entries.items()))
    known = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", ""),
        "status.hostIP": POD_ADDRESS,
        "status.hostIPs": POD_ADDRESS,
        "status.podIP": POD_ADDRESS,
        "status.podIPs": POD_ADDRESS,
    }
    if path not in known:
        raise NotReadyError("CreateContainerConfigError", f"the test kubelet knows no fieldPath {path!r}")
    return str(known[path])


class PodFiles:
    """Prepares one pod's volumes and containers below `folder`, reading what they refer to with the node's rights."""

    def __init__(self, client: ApiClient, pod: Object, folder: Path, claims: Path) -> None:
        self._client = client
        self._pod = pod
        self._folder = folder
        self._claims = claims
        self._namespace: str = pod["metadata"]["namespace"]

    def container_folder(self, container: Object) -> Path:
        """The container's own folder: its working directory, home and termination log."""
        return self._folder / "containers" / str(container["name"])

    def path_map(self, *containers: Object) -> PathMap:
        """Where the mount paths of a container lie, a mount at /tmp included; of several, the first one's counts."""
        folders: dict[str, Path] = {}
        for container in reversed(containers):
            folders |= self._folders(container)
        return PathMap(folders)

    def _folders(self, container: Object) -> dict[str, Path]:
        folders = {}
        for mount in container.get("volumeMounts", []):
            volume = self._volume_folder(mount["name"])
            folders[mount["mountPath"]] = volume / mount["subPath"] if mount.get("subPath") else volume
        log = container.get("terminationMessagePath", "/dev/termination-log")
        folders[log] = self.container_folder(container) / "termination-log"
        return folders

    def make_volumes(self) -> None:
        """Make the folders of all volumes with their content.

        Raises:
            NotReadyError: a ConfigMap, Secret or key is missing.
        """
        # A metadata or ConfigMap file may name mount paths; all containers of a pod of ours share one layout.
        spec = self._pod["spec"]
        path_map = self.path_map(*spec["containers"], *spec.get("initContainers", []))
        for volume in self._pod["spec"].get("volumes", []):
            name = volume["name"]
            files: dict[str, bytes] = {}
            if "projected" in volume:
                for source in volume["projected"].get("sources", []):
                    files |= self._source_files(source, path_map)
            elif "persistentVolumeClaim" in volume or "emptyDir" in volume:
                pass
            elif "secret" in volume:
                source = {**volume["secret"], "name": volume["secret"]["secretName"]}
                files = self._source_files({"secret": source}, path_map)
            else:
                files = self._source_files({key: value for key, value in volume.items() if key != "name"}, path_map)
            folder = self._volume_folder(name)
            folder.mkdir(parents=True, exist_ok=True)
            for relative, content in files.items():
                (folder / relative).parent.mkdir(parents=True, exist_ok=True)
                (folder / relative).write_bytes(content)

    def prepare(self, container: Object, entrypoint: Sequence[str], base: Mapping[str, str]) -> PreparedContainer:
        """The container's command and environment; `entrypoint` is the image's, `base` the node's variables.

        Raises:
            NotReadyError: a ConfigMap, Secret or key is missing.
        """
        folder = self.container_folder(container)
        scratch = folder / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        path_map = self.path_map(container)
        for mount in container.get("volumeMounts", []):
            if mount.get("subPath"):
                Path(path_map.replace(mount["mountPath"])).mkdir(parents=True, exist_ok=True)
        temporary = path_map.replace("/tmp")
        environment = {
            **base,
            "HOME": str(folder),
            "TMPDIR": str(scratch) if temporary == "/tmp" else temporary,
            "HOSTNAME": self._pod["metadata"]["name"],
        }
        token_folder = path_map.replace(_DEFAULT_TOKEN_PATH)
        if token_folder != _DEFAULT_TOKEN_PATH:
            environment["KUBECONFIG"] = str(folder / "kubeconfig")
            self._write_kubeconfig(folder / "kubeconfig", Path(token_folder), base)
        defined = self._environment(container, environment)
        command = [*(container.get("command") or entrypoint), *container.get("args", [])]
        log = folder / "termination-log"
        log.write_bytes(b"")
        return PreparedContainer(
            tuple(path_map.replace(expand(part, defined)) for part in command),
            {
                name: value if environment.get(name) == value else path_map.replace(value)
                for name, value in defined.items()
            },
            folder,
            log,
        )

    def _write_kubeconfig(self, path: Path, token_folder: Path, base: Mapping[str, str]) -> None:
        server = f"https://{base['KUBERNETES_SERVICE_HOST']}:{base['KUBERNETES_SERVICE_PORT']}"
        cluster = {"server": server, "certificate-authority": str(token_folder / "ca.crt")}
        context = {"cluster": "pod", "user": "pod", "namespace": self._namespace}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "pod", "cluster": cluster}],
            "users": [{"name": "pod", "user": {"tokenFile": str(token_folder / "token")}}],
            "contexts": [{"name": "pod", "context": context}],
            "current-context": "pod",
        }
        path.write_text(json.dumps(config))

    def _environment(self, container: Object, base: Mapping[str, str]) -> dict[str, str]:
        variables = dict(base)
        for source in container.get("envFrom", []):
            kind = "configMapRef" if "configMapRef" in source else "secretRef"
            for key, content in self._data(kind.removesuffix("Ref"), source[kind]).items():
                variables[source.get("prefix", "") + key] = content.decode()
        for entry in container.get("env", []):
            if "valueFrom" not in entry:
                variables[entry["name"]] = expand(entry.get("value", ""), variables)
                continue
            found = self._value_from(entry["valueFrom"], container)
            if found is not None:
                variables[entry["name"]] = found
        return variables

    def _value_from(self, source: Object, container: Object) -> str | None:
        if "fieldRef" in source:
            return pod_field(self._pod, source["fieldRef"]["fieldPath"])
        if "resourceFieldRef" in source:
            return self._resource(source["resourceFieldRef"], container)
        if "fileKeyRef" in source:
            return self._file_key(source["fileKeyRef"])
        kind = "configMapKeyRef" if "configMapKeyRef" in source else "secretKeyRef"
        if kind not in source:
            raise NotReadyError("CreateContainerConfigError", f"the test kubelet knows no env source {source!r}")
        reference = source[kind]
        data = self._data(kind.removesuffix("KeyRef"), reference)
        if reference["key"] in data:
            return data[reference["key"]].decode()
        if reference.get("optional"):
            return None
        owner = f"{kind.removesuffix('KeyRef')} {self._namespace}/{reference['name']}"
        raise NotReadyError("CreateContainerConfigError", f"couldn't find key {reference['key']} in {owner}")

    def _file_key(self, reference: Object) -> str | None:
        path, key = self._volume_folder(reference["volumeName"]) / reference["path"], reference["key"]
        try:
            value = env_file_value(path.read_text(), key)
        except (OSError, ValueError) as error:
            raise NotReadyError("CreateContainerConfigError", f"couldn't parse env file: {error}") from error
        if value or reference.get("optional"):
            return value or None
        message = f"environment variable key {key!r} not found in file {path}"
        raise NotReadyError("CreateContainerConfigError", message)

    def _resource(self, reference: Object, container: Object) -> str:
        kind, resource = reference["resource"].split(".", 1)
        resources = container.get("resources", {})
        value = resources.get(kind, {}).get(resource) or (_NODE_ALLOCATABLE[resource] if kind == "limits" else "0")
        return divided(value, reference.get("divisor", "1"))

    def _source_files(self, source: Object, path_map: PathMap) -> dict[str, bytes]:
        kind, body = next(iter(source.items()))
        if kind == "serviceAccountToken":
            return {body["path"]: self._token(body).encode()}
        if kind == "downwardAPI":
            return {item["path"]: self._item(item, path_map) for item in body.get("items", [])}
        if kind not in ("configMap", "secret"):
            raise NotReadyError("CreateContainerConfigError", f"the test kubelet knows no volume of type {kind!r}")
        data = self._data(kind, body)
        if kind == "configMap":
            data = {key: path_map.replace(_text(value)).encode("latin-1") for key, value in data.items()}
        if "items" not in body:
            return data
        missing = [item["key"] for item in body["items"] if item["key"] not in data]
        if missing and not body.get("optional"):
            raise NotReadyError("ContainerCreating", f"references non-existent {kind} key: {missing[0]}")
        return {item["path"]: data[item["key"]] for item in body["items"] if item["key"] in data}

    def _item(self, item: Object, path_map: PathMap) -> bytes:
        if "fieldRef" in item:
            return path_map.replace(pod_field(self._pod, item["fieldRef"]["fieldPath"])).encode()
        reference = item["resourceFieldRef"]
        containers = {container["name"]: container for container in self._pod["spec"]["containers"]}
        return self._resource(reference, containers[reference["containerName"]]).encode()

    def _token(self, body: Object) -> str:
        metadata = self._pod["metadata"]
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {
                "audiences": [body["audience"]] if body.get("audience") else [],
                "expirationSeconds": body.get("expirationSeconds", 3600),
                "boundObjectRef": {
                    "apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"],
                },
            },
        }  # fmt: skip
        account = self._pod["spec"].get("serviceAccountName", "default")
        path = f"/api/v1/namespaces/{self._namespace}/serviceaccounts/{account}/token"
        token: str = self._client.create(path, request)["status"]["token"]
        return token

    def _data(self, kind: str, reference: Object) -> dict[str, bytes]:
        collection = {"configMap": "configmaps", "secret": "secrets"}[kind]
        try:
            found = self._client.get(f"/api/v1/namespaces/{self._namespace}/{collection}/{reference['name']}")
        except ApiError as error:
            # The Node authorizer answers 403 for an object that no pod known to it refers to, a missing one too.
            if error.code == 404 and reference.get("optional"):
                return {}
            if error.code == 404:
                missing = f'{kind.lower()} "{reference["name"]}" not found'
                raise NotReadyError("CreateContainerConfigError", missing) from error
            raise
        if kind == "secret":
            return {key: base64.b64decode(value) for key, value in found.get("data", {}).items()}
        binary = {key: base64.b64decode(value) for key, value in found.get("binaryData", {}).items()}
        return {key: value.encode() for key, value in found.get("data", {}).items()} | binary

    def _volume_folder(self, name: str) -> Path:
        for volume in self._pod["spec"].get("volumes", []):
            if volume["name"] == name and "persistentVolumeClaim" in volume:
                return self._claims / self._namespace / str(volume["persistentVolumeClaim"]["claimName"])
        return self._folder / "volumes" / name


def _text(content: bytes) -> str:
    """Bytes as text of the same length, so that any content survives the search for paths."""
    return content.decode("latin-1")
