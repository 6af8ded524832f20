"""What a reconciliation decides: the writes that bring the cluster in order, in the order they are done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from model_monitor_operator.manifests.common import Object
from model_monitor_operator.state import Key


@dataclass(frozen=True)
class Creation:
    """An object to make by POST. `uid` is its owner's: one that is there already under another owner is a conflict."""

    body: Object
    uid: str | None
    digest: str = ""


@dataclass(frozen=True)
class Application:
    """A child to bring in order by server-side apply, if it still has this uid."""

    body: Object
    uid: str


@dataclass(frozen=True)
class Deletion:
    """An object to delete, if it still has this uid."""

    key: Key
    uid: str


def deletion(kind: str, body: Object) -> Deletion:
    """The deletion of an object as it was observed."""
    metadata = body["metadata"]
    return Deletion(Key(kind, metadata["namespace"], metadata["name"]), metadata["uid"])


@dataclass(frozen=True)
class StatusWrite:
    """A status to apply: whole for what the operator alone writes, else the part under this field manager.

    `resource_version` guards a write that is only right if nothing was written meanwhile.
    """

    key: Key
    uid: str
    status: Object
    manager: str
    resource_version: str | None = None


@dataclass(frozen=True)
class Note:
    """An Event about an object."""

    key: Key
    uid: str
    type: Literal["Normal", "Warning"]
    reason: str
    message: str


@dataclass(frozen=True)
class Plan:
    """All that is to be done for one object. An empty plan: it is in order."""

    needs_runner: bool = False
    create: tuple[Creation, ...] = ()
    apply: tuple[Application, ...] = ()
    delete: tuple[Deletion, ...] = ()
    status: tuple[StatusWrite, ...] = ()
    notes: tuple[Note, ...] = ()
    inspect: tuple[Key, ...] = ()
    """Jobs without a pod, whose events may say why."""
    due: datetime | None = None
    """When to look again though nothing changed."""

    @property
    def changes_objects(self) -> bool:
        """Whether anything but statuses is to be written."""
        return bool(self.create or self.apply or self.delete)

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return self.changes_objects or bool(self.status or self.notes)
