"""What all objects that the operator makes have in common: labels, owners, digests."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from model_monitor_crds.base import API_VERSION, GROUP

Object = dict[str, Any]

FIELD_MANAGER: Final = "model-monitor-operator"
LABEL_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
MANAGED_LABELS: Final = {
    LABEL_MANAGED_BY: FIELD_MANAGER,
    "app.kubernetes.io/name": "model-monitor",
}
ANNOTATION_HASH: Final = f"{GROUP}/spec-hash"
"""On a child: digest of what the operator asked for."""


def canonical_json(value: Any) -> str:
    """The same text for the same value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def owner_reference(kind: str, name: str, uid: str, api_version: str = API_VERSION) -> Object:
    """The controlling owner: its deletion removes the child, and never waits for it."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }


def compact(value: Any) -> Any:
    """Without lists and maps that are empty, as the API server stores objects; an empty emptyDir stays."""
    if isinstance(value, dict):
        kept = {key: compact(child) for key, child in value.items()}
        return {key: child for key, child in kept.items() if child not in ([], {}) or key == "emptyDir"}
    if isinstance(value, list):
        return [compact(child) for child in value]
    return value
