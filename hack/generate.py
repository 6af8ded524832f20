"""Writes every file that follows from the code: `python -m hack.generate`, with `--check` only telling what is stale.

Definitions of the resources (crds/), their copies in the chart, the chart's RBAC rules, the reference of the API
(docs/api.md) and one manifest for plain kubectl (deploy/install.yaml). The same code gives the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from hack.api_reference import api_reference
from hack.chart_templates import definition_template, rules_template
from hack.install_manifest import install_manifest
from model_monitor_crds import KINDS
from model_monitor_crds.definitions import definition_yaml

ROOT = Path(__file__).resolve().parent.parent
CHART = Path("charts/model-monitor-operator")
HEADER = "# Generated from crds/model_monitor_crds by `make generate`. Do not edit.\n"
# Whatever else lies there under such a name was generated once, for a kind that is gone.
_GENERATED_ONLY = ("crds/*.yaml", f"{CHART}/templates/crd-*.yaml")


def sources() -> dict[Path, str]:
    """The files that follow from Python alone, by path from the repository's root."""
    files = {Path("docs/api.md"): api_reference(KINDS), CHART / "templates/_rules.tpl": rules_template()}
    for kind in KINDS:
        definition = HEADER + definition_yaml(kind)
        files[Path(f"crds/{kind.plural}.yaml")] = definition
        files[CHART / f"templates/crd-{kind.plural}.yaml"] = definition_template(definition)
    return files


def leftovers(root: Path, files: Mapping[Path, str]) -> list[Path]:
    """Files in generated places that nothing generates any more."""
    found = {path.relative_to(root) for pattern in _GENERATED_ONLY for path in root.glob(pattern)}
    return sorted(found - set(files))


def stale(root: Path, files: Mapping[Path, str]) -> list[Path]:
    """Which of these files are missing or differ."""
    return [path for path, text in files.items() if not (root / path).is_file() or (root / path).read_text() != text]


def write(root: Path, files: Mapping[Path, str]) -> list[Path]:
    """Write what is stale; the paths that changed."""
    changed = stale(root, files)
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(files[path])
    return changed


def manifest(root: Path) -> dict[Path, str]:
    """The manifest for plain kubectl, rendered from the chart as it lies there."""
    return {Path("deploy/install.yaml"): install_manifest(root / CHART)}


def main(arguments: list[str] | None = None) -> int:
    """Write, or with --check compare; exit status 1 when something is stale."""
    parser = argparse.ArgumentParser(prog="python -m hack.generate", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a generated file is stale")
    if parser.parse_args(arguments).check:
        return _check()
    from_code = sources()
    changed = write(ROOT, from_code)
    for path in leftovers(ROOT, from_code):
        (ROOT / path).unlink()
        print(f"removed {path}")
    for path in [*changed, *write(ROOT, manifest(ROOT))]:
        print(f"wrote {path}")
    return 0


def _check() -> int:
    from_code = sources()
    # A chart that is behind renders a manifest that is behind too: only the cause is named.
    behind = stale(ROOT, from_code) + leftovers(ROOT, from_code) or stale(ROOT, manifest(ROOT))
    for path in behind:
        print(f"stale: {path}", file=sys.stderr)
    if behind:
        print("run `make generate` and commit what it writes", file=sys.stderr)
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
