"""Prints the CustomResourceDefinitions: `python -m model_monitor_crds | kubectl apply -f -`."""

from __future__ import annotations

import sys

from model_monitor_crds.definitions import definitions_yaml


def main() -> None:
    """Print all definitions to standard output."""
    sys.stdout.write(definitions_yaml())


if __name__ == "__main__":
    main()
