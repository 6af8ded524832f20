"""Objects that the operator makes: claimed by POST, never adopted, compared with what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from model_monitor_operator.manifests.common import ANNOTATION_HASH, FIELD_MANAGER, LABEL_MANAGED_BY, Object
from model_monitor_operator.reconcile.conditions import Standing
from model_monitor_operator.reconcile.plan import Creation
from model_monitor_operator.state import Key, State

RETRY_AFTER: Final = timedelta(seconds=60)
"""When something that the API server refused is tried again though nothing changed."""


@dataclass(frozen=True)
class Child:
    """What is known of a child: it is there and ours, or it is to be created, or it stands in the way."""

    observed: Object | None = None
    creation: Creation | None = None
    standing: Standing | None = None
    due: datetime | None = None


def claim(state: State, body: Object, first: Object, uid: str, now: datetime) -> Child:
    """Find a child or plan its creation.

    `body` is the child as it is to be, `first` what is posted to claim its name, `uid` its owner's.
    """
    metadata = body["metadata"]
    key = Key(body["kind"], metadata["namespace"], metadata["name"])
    problem = refused(state, key, body, now)
    observed = state.get(*_place(key))
    if observed is not None:
        if not controlled_by(observed, uid):
            return Child(standing=_taken(key, observed, metadata["ownerReferences"][0]))
        if "deletionTimestamp" in observed["metadata"]:
            standing = Standing("Reconciling", "Replacing", f"waiting until {key} is deleted")
            return Child(standing=standing, due=now + RETRY_AFTER)
        return Child(observed, standing=problem, due=now + RETRY_AFTER if problem else None)
    if problem is not None:
        return Child(standing=problem, due=now + RETRY_AFTER)
    return Child(creation=Creation(first, uid, digest_of(body)))


def refused(state: State, key: Key, body: Object, now: datetime) -> Standing | None:
    """What the API server said to the same request a short while ago."""
    refusal = state.refusals.get(key)
    if refusal is None or refusal.digest != digest_of(body) or now >= refusal.since + RETRY_AFTER:
        return None
    return Standing("Stalled", refusal.reason, refusal.message)


def digest_of(body: Object) -> str:
    """The digest that a child carries of what was asked for."""
    return str(body["metadata"].get("annotations", {}).get(ANNOTATION_HASH, ""))


def controlled_by(observed: Object, uid: str) -> bool:
    """Whether this owner controls the object."""
    owners = observed["metadata"].get("ownerReferences", ())
    return any(owner.get("controller") and owner.get("uid") == uid for owner in owners)


def is_managed(observed: Object) -> bool:
    """Whether an object carries the operator's label."""
    return bool(observed["metadata"].get("labels", {}).get(LABEL_MANAGED_BY) == FIELD_MANAGER)


def controller_of(observed: Object) -> Object:
    """The controlling owner reference; empty when there is none."""
    for owner in observed["metadata"].get("ownerReferences", ()):
        if owner.get("controller"):
            found: Object = owner
            return found
    return {}


def name_conflict(kind: str, namespace: str, name: str, holder: Object) -> str:
    """What a person reads when a name is taken; `holder` is the controlling owner reference, maybe empty."""
    whose = f"belongs to {holder['kind']} {holder['name']}" if holder else "was not made by this operator"
    return f"{kind} {namespace}/{name} exists and {whose}: delete or rename it, or choose another name for this object"


def _taken(key: Key, observed: Object, wanted: Object) -> Standing:
    holder = controller_of(observed)
    if (holder.get("kind"), holder.get("name")) == (wanted["kind"], wanted["name"]):
        return Standing("Reconciling", "Replacing", f"waiting until {key} of a deleted {wanted['kind']} is gone")
    return Standing("Stalled", "NameConflict", name_conflict(key.kind, key.namespace, key.name, holder))


def _place(key: Key) -> tuple[str, str, str]:
    return key.kind, key.namespace, key.name


def in_order(desired: Object, observed: Object, accepted: int | None) -> bool:
    """Whether a child is as asked for.

    It carries the digest of what is asked for, and nobody changed a field of it since. `accepted` is the generation
    that the API server made of the same request: what differs at this generation is the server's own way of writing.
    """
    if digest_of(observed) != digest_of(desired):
        return False
    metadata, known = desired["metadata"], observed["metadata"]
    if not _within(metadata["labels"], known.get("labels", {})):
        return False
    return accepted == known.get("generation") or _within(desired["spec"], observed["spec"])


def _within(desired: Any, observed: Any) -> bool:
    """Whether everything desired is observed, beside whatever the API server added by default."""
    if isinstance(desired, dict):
        if not isinstance(observed, dict):
            return not desired and observed is None
        return all(_within(value, observed.get(key)) for key, value in desired.items())
    if isinstance(desired, list):
        if not isinstance(observed, list):
            return not desired and observed is None
        return len(desired) == len(observed) and all(map(_within, desired, observed))
    if observed is None:
        return not desired
    return bool(desired == observed) or _same_quantity(desired, observed)


_SUFFIXES: Final = {
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), start=1)},
    "m": Decimal("0.001"),
    "u": Decimal("0.000001"),
    "n": Decimal("0.000000001"),
}


def _same_quantity(desired: Any, observed: Any) -> bool:
    """Whether two values are the same amount: the API server writes 1024Mi as 1Gi and 1 as "1"."""
    one, other = _quantity(desired), _quantity(observed)
    return one is not None and one == other


def _quantity(value: Any) -> Decimal | None:
    text = str(value)
    suffix = next((suffix for suffix in _SUFFIXES if text.endswith(suffix)), "")
    try:
        return Decimal(text.removesuffix(suffix)) * _SUFFIXES.get(suffix, Decimal(1))
    except InvalidOperation:
        return None
