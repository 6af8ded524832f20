"""Writes the CustomResourceDefinitions: `python -m model_monitor_crds FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from model_monitor_crds import KINDS
from model_monitor_crds.schema import custom_resource_definition

HEADER = "# Generated from crds/model_monitor_crds by `make generate`. Do not edit.\n"


def main() -> None:
    """Write one file a kind into the folder given on the command line."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        text = yaml.safe_dump(custom_resource_definition(kind), sort_keys=False, width=120, allow_unicode=True)
        (folder / f"{kind.plural}.yaml").write_text(HEADER + text)


if __name__ == "__main__":
    main()
