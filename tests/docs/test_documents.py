"""Every command and every YAML block of the README and the docs is run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model_monitor_jobs.migration.resources import ACK_GROUP
from tests.cluster.control_plane import ControlPlane
from tests.cluster.installation import port_settings
from tests.cluster.kubelet import SubprocessKubelet
from tests.cluster.object_store import ObjectStore
from tests.cluster.tools import find_tool
from tests.integration.e2e.traffic import write_capture, write_training

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# This run of the tests is itself what `make test` runs.
RUNNING_NOW = {"make test"}
EXPECTED_CODES = {"model-monitor check": 2}


def blocks(document: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(document.read_text()) if kind == language]


def manifests(document: Path) -> list[str]:
    """The YAML of our own; test_migration_document.py converts that of SageMaker."""
    return [block for block in blocks(document, "yaml") if ACK_GROUP not in block]


def test_there_are_no_other_kinds_of_blocks() -> None:
    for document in DOCUMENTS:
        kinds = {kind for kind, _ in BLOCK.findall(document.read_text())}
        # test_new_check.py and test_scripts_document.py run the Python of one document each.
        run = {"sh", "yaml", "console"} | ({"python"} if document.name in ("new-check.md", "scripts.md") else set())
        assert kinds <= run, f"{document.name}: a block in another language would not be run"


def test_links_lead_somewhere() -> None:
    for document in DOCUMENTS:
        prose = re.sub(r"`[^`\n]*`", "", document.read_text())
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", prose):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_make_targets_that_are_named_exist() -> None:
    targets = set(
        re.findall(r"^([a-z-]+):", "".join(p.read_text() for p in (ROOT / "Makefile", *ROOT.glob("make/*.mk"))), re.M)
    )
    for document in DOCUMENTS:
        named = set(re.findall(r"`make ([a-z-]+)`", document.read_text()))
        assert named <= targets, document.name


@pytest.fixture(scope="module")
def control_plane() -> Iterator[ControlPlane]:
    with ControlPlane() as started:
        yield started


@pytest.fixture(scope="module")
def kubelet(control_plane: ControlPlane) -> Iterator[SubprocessKubelet]:
    with SubprocessKubelet(control_plane) as started:
        yield started


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, object_store: ObjectStore) -> Path:
    """A folder that looks like a checkout, with the data that the documents speak of."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("charts", "examples", "Makefile", "make", "pyproject.toml", "constraints.txt", ".venv"):
        (folder / name).symlink_to(ROOT / name)
    write_training(folder / "training.csv")
    header, *rows = (folder / "training.csv").read_text().splitlines()
    (folder / "training.csv").write_text(
        "\n".join([f"customer_id,{header}", *(f"c{n},{r}" for n, r in enumerate(rows))])
    )
    damaged = [
        f"c{n}," + re.sub(r"^([^,]*),[^,]*,", r"\1,,", row) if n % 2 else f"c{n},{row}" for n, row in enumerate(rows)
    ]
    (folder / "today.csv").write_text("\n".join([f"customer_id,{header}", *damaged]))
    bucket = object_store.create_bucket("acme-ml")
    (bucket / "credit").mkdir(exist_ok=True)
    (bucket / "credit" / "training.csv").write_text((folder / "training.csv").read_text())
    hour = datetime(2026, 3, 1, 10, tzinfo=UTC)
    write_capture(bucket, hour, missing=0.6)
    (bucket / "capture" / "credit-scoring").mkdir()
    (bucket / "capture" / "2026").rename(bucket / "capture" / "credit-scoring" / "2026")
    variables = object_store.environment().items()
    (folder / "store.env").write_text("".join(f"{key}={value}\n" for key, value in variables))
    return folder


@pytest.fixture(scope="module")
def definitions(control_plane: ControlPlane) -> None:
    """The resource definitions, where the README's commands have not installed them before."""
    if "monitoringschedules" not in control_plane.kubectl("get", "crd", "-o", "name"):
        for path in sorted((ROOT / "crds").glob("*.yaml")):
            control_plane.apply(path.read_text())
        control_plane.kubectl("wait", "--for=condition=Established", "crd", "--all")


def test_the_commands_of_the_readme_work(control_plane: ControlPlane, kubelet: SubprocessKubelet, place: Path) -> None:
    environment = control_plane.environment | {"HOME": str(place), "PATH": _path(), "MAKEFLAGS": ""}
    output = ""
    for block in blocks(ROOT / "README.md", "sh"):
        for command in block.strip().splitlines():
            if command in RUNNING_NOW:
                continue
            done = subprocess.run(
                ["bash", "-c", command + _here(command)],
                cwd=place,
                env=environment,
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
            expected = next((code for start, code in EXPECTED_CODES.items() if command.startswith(start)), 0)
            assert done.returncode == expected, f"{command}\n{done.stdout}\n{done.stderr}"
            output += done.stdout
    assert "amount  completeness" in re.sub(r" {2,}", "  ", output), "the check without YAML shows the missing amounts"
    assert re.search(
        r"monitoringschedule\.modelmonitor\.dev/credit-scoring +True +0 \* \* \* \* +false +\S+ +1 ", output
    )
    assert "of rows have no value" in output, "kubectl describe shows what is wrong"


@pytest.mark.usefixtures("definitions")
@pytest.mark.parametrize("document", [document for document in DOCUMENTS if manifests(document)], ids=lambda p: p.name)
def test_yaml_blocks_are_accepted(control_plane: ControlPlane, document: Path) -> None:
    for block in manifests(document):
        control_plane.apply(block, "--dry-run=server", "--validate=strict")


@pytest.mark.usefixtures("definitions")
@pytest.mark.parametrize("example", sorted((ROOT / "examples").rglob("*.yaml")), ids=lambda p: p.name)
def test_examples_are_accepted(control_plane: ControlPlane, example: Path) -> None:
    control_plane.apply(example.read_text(), "--dry-run=server", "--validate=strict")


def _path() -> str:
    programs = [str(Path(sys.executable).parent), *(str(find_tool(name).parent) for name in ("kubectl", "helm"))]
    return os.pathsep.join([*programs, os.environ["PATH"]])


def _here(command: str) -> str:
    """All pods share this machine's network here, so the operator must take ports that are free."""
    return " ".join(("", *port_settings())) if command.startswith("helm install") else ""
