"""Outputs of a model as a person names them: by position, by name, or by a JMESPath."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from model_monitor_jobs.errors import ConfigurationError, InputError, MonitorError

Found = dict[str, str | None]
"""Values by the text of their selector."""

_REMEDY: Final = 'write a position such as 0, a name, or a path such as predictions[0].score or "odd-name"'


def position(selector: str) -> int | None:
    """The place that a selector such as `0` names."""
    return int(selector) if selector.isascii() and selector.isdecimal() and str(int(selector)) == selector else None


class Path:
    """A JMESPath, compiled when it is first searched for; `field` is the setting that holds it."""

    def __init__(self, field: str, text: str) -> None:
        self._field = field
        self._text = text
        self._compiled: Any = None

    def search(self, value: Any) -> Any:
        """What the path finds in a value, None for nothing. Raises ConfigurationError when it is no JMESPath."""
        from jmespath.exceptions import JMESPathError

        if self._compiled is None:
            self._compiled = _compiled(self._text)
            if self._compiled is None:
                raise ConfigurationError(f"{self._field}: {self._text!r} is no JMESPath", remedy=_REMEDY)
        try:
            return self._compiled.search(value)
        except JMESPathError:
            # A function that does not take this value finds nothing in it.
            return None


class Selectors:
    """The outputs that are selected; one that is neither a position nor a path can only be the name of a value."""

    def __init__(self, outputs: Mapping[str, str]) -> None:
        self.names = tuple(text for text in outputs.values() if position(text) is None)
        self._paths = {
            text: Path(f"spec.columns.{role}", text)
            for role, text in outputs.items()
            if position(text) is None and _compiled(text) is not None
        }

    def find(self, missing: Sequence[str], candidates: Sequence[Any], place: int, count: int) -> Found:
        """The values that paths find, for one of `count` records; a path that finds no single value has none.

        `candidates` are JSON values in which to look, the record's own first; the last is the whole payload, of which
        a list of as many elements as there are records is spread over them.
        """
        found: Found = {}
        for path, text in ((self._paths[text], text) for text in missing if text in self._paths):
            for level, value in enumerate(candidates):
                result = path.search(value)
                if isinstance(result, list) and level == len(candidates) - 1 and len(result) == count:
                    result = result[place]
                elif level == len(candidates) - 1 and count > 1:
                    result = None
                if (cell := written(result)) is not None:
                    found[text] = cell
                    break
        return found


def absent_output(field: str, selector: str, columns: Iterable[str], where: str) -> MonitorError:
    """The error to raise when no record has a selected output; `columns` are those that records have."""
    names = list(dict.fromkeys(columns))
    listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    if position(selector) is None and _compiled(selector) is None:
        text = f"{field}: {selector!r} is neither the name of a value in {where} nor a JMESPath"
        return ConfigurationError(text, remedy=f"{_REMEDY}; there are: {listed}")
    text = f"{field}: no record of {where} has an output {selector!r}"
    return InputError(text, remedy=f"name one of: {listed}; or its position in the output, or a JMESPath into it")


def written(value: Any) -> str | None:
    """The cell of a JSON value or of the only element of an array, None for anything else."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None or isinstance(value, (list, dict)):
        return None
    return value if isinstance(value, str) else json.dumps(value)


def _compiled(text: str) -> Any:
    """The path that a text is, None if it is none."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.compile(text)
    except (JMESPathError, RecursionError):
        return None
