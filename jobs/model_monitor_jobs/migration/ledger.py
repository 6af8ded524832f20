"""What became of each field of a resource: none may be lost without a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from model_monitor_crds.base import Uri
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.migration.advice import Fate, advice
from model_monitor_jobs.migration.leaves import Leaf, Path
from model_monitor_jobs.migration.resources import Resource

_URI: TypeAdapter[str] = TypeAdapter(Uri)


@dataclass(frozen=True)
class Note:
    """What became of a field, or what a person has to add."""

    resource: str
    field: str
    fate: Fate
    text: str


class Ledger:
    """The values of one resource, and what becomes of each."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self._leaves = {leaf.path: leaf for leaf in resource.leaves}
        self._settled: dict[Path, tuple[Fate, str]] = {}
        self._remarks: dict[str, tuple[Fate, str]] = {}

    def value(self, *path: str) -> Any:
        """The value at a path in lower case, None where there is none."""
        leaf = self._leaves.get(path)
        return None if leaf is None else leaf.value

    def below(self, *path: str) -> list[Leaf]:
        """All values below a path."""
        return [leaf for leaf in self._leaves.values() if leaf.path[: len(path)] == path and leaf.path != path]

    def carry(self, *path: str, to: str) -> str | None:
        """The value as text, noted as carried to a field; None where there is none."""
        value = self.value(*path)
        if value is None:
            return None
        self.settle(path, "carried", to)
        return str(value)

    def uri(self, *path: str, to: str) -> str | None:
        """The URI of data, likewise. Raises ConfigurationError for one that is none."""
        text = self.carry(*path, to=to)
        if text is None:
            return None
        try:
            return _URI.validate_python(text.rstrip("/"))
        except ValidationError:
            self.fault(path, "is no URI of an object store", "write s3://bucket/path")

    def settle(self, path: Path, fate: Fate, text: str) -> None:
        """Note what becomes of the field at a path; the last note counts."""
        if path in self._leaves:
            self._settled[path] = (fate, text)

    def remark(self, field: str, text: str, fate: Fate = "to do") -> None:
        """Note what there is to say about a field of ours that no field of the resource tells."""
        self._remarks[field] = (fate, text)

    def fault(self, path: Path, what: str, remedy: str) -> NoReturn:
        """Raise ConfigurationError about the value at a path."""
        leaf = self._leaves[path]
        raise ConfigurationError(f"{self.resource.title}: {leaf.place}: {what} (found {leaf.value!r})", remedy=remedy)

    def notes(self) -> list[Note]:
        """The remarks, then what became of each field, in the order of the document.

        A field that nothing has settled has the advice that holds for it wherever it stands; one that is not known has
        to be looked at by a person.
        """
        title = self.resource.title
        notes = [Note(title, field, *remark) for field, remark in self._remarks.items()]
        for leaf in self._leaves.values():
            if leaf.path in self._settled:
                notes.append(Note(title, leaf.place, *self._settled[leaf.path]))
            else:
                advised = advice(leaf)
                notes.append(Note(title, advised.place, advised.fate, advised.text))
        return list(dict.fromkeys(notes))
