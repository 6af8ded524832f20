"""The reference of the API for people, as Markdown, from the same schemas that the API server validates with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from model_monitor_crds.metadata import Kind
from model_monitor_crds.schema import custom_resource_definition

Schema = dict[str, Any]
_INTRODUCTION = """# API reference

Generated from `crds/model_monitor_crds` by `make generate`. Do not edit.

All resources are namespaced and belong to `modelmonitor.dev/v1alpha1`. The API server itself checks what stands here,
so a manifest that breaks a rule is refused at `kubectl apply` with the message that is given here. In the terminal,
`kubectl explain monitoringschedule.spec` tells the same.

"""
_SHOWN_AS_TEXT = 100


@dataclass
class _Page:
    """What has been written, so that a part with the same fields is told once and linked after that."""

    lines: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)


def api_reference(kinds: Sequence[Kind]) -> str:
    """The whole page: for each kind its names and one table for each object inside it."""
    page = _Page()
    for kind in kinds:
        _kind(kind, page)
    contents = "".join(f"- [{kind.name}](#{kind.name.lower()}): {_purpose(kind)}\n" for kind in kinds)
    return _INTRODUCTION + contents + "\n" + "\n".join(page.lines).rstrip() + "\n"


def _root(kind: Kind) -> Schema:
    definition = custom_resource_definition(kind)
    schema: Schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def _purpose(kind: Kind) -> str:
    text: str = _root(kind)["description"]
    return text


def _kind(kind: Kind, page: _Page) -> None:
    root = _root(kind)
    names = f"`kubectl get {kind.plural}`, or `{kind.short_name}`"
    page.lines += [f"## {kind.name}", "", _purpose(kind), "", f"Also known as: {names}.", ""]
    page.lines += _messages(root)
    for part in ("spec", "status"):
        _object(f"{kind.name}.{part}", root["properties"][part], page)


def _object(path: str, schema: Schema, page: _Page) -> None:
    page.places[_identity(schema)] = path
    page.lines += [f"### {path}", "", _sentence(schema.get("description", "")), ""]
    page.lines += _messages(schema)
    page.lines += ["| Field | Type | Default | Meaning |", "|---|---|---|---|"]
    required = set(schema.get("required", ()))
    inner: dict[str, tuple[str, Schema]] = {}
    for name, child in schema["properties"].items():
        target, suffix = _element(child)
        link = ""
        if target.get("properties"):
            identity = _identity(target)
            place = page.places.get(identity)
            if place is None:
                place, _ = inner.setdefault(identity, (f"{path}.{name}{suffix}", target))
            link = f" See [{place}](#{_anchor(place)})."
        page.lines.append(_row(name, child, name in required, link))
    page.lines.append("")
    for place, target in inner.values():
        if _identity(target) not in page.places:
            _object(place, target, page)


def _messages(schema: Schema) -> list[str]:
    """What objects are refused with, as a list; nothing where there are no rules."""
    messages = [f"- {_sentence(rule['message'])}" for rule in schema.get("x-kubernetes-validations", ())]
    return ["Refused with:", "", *messages, ""] if messages else []


def _element(schema: Schema) -> tuple[Schema, str]:
    """What a list or map holds, with the sign for it; anything else is itself."""
    if "items" in schema:
        return schema["items"], "[]"
    if isinstance(schema.get("additionalProperties"), dict):
        return schema["additionalProperties"], "{}"
    return schema, ""


def _identity(schema: Schema) -> str:
    return json.dumps({key: schema.get(key) for key in ("properties", "required")}, sort_keys=True)


def _row(name: str, schema: Schema, required: bool, link: str) -> str:
    refusals = [f"Refused with: *{message}*." for message in _rules(schema)]
    meaning = " ".join([_sentence(schema.get("description", "")), *refusals]).strip() + link
    default = "required" if required else _default(schema)
    return f"| `{name}` | {_cell(_type(schema))} | {_cell(default)} | {_cell(meaning)} |"


def _rules(schema: Schema) -> Iterator[str]:
    target, _ = _element(schema)
    for part in (schema, *([] if target is schema or "properties" in target else [target])):
        if "properties" not in part:
            for rule in part.get("x-kubernetes-validations", ()):
                yield rule["message"]


def _default(schema: Schema) -> str:
    if "default" not in schema or schema["default"] == {}:
        return ""
    return f"`{json.dumps(schema['default'])}`"


def _type(schema: Schema) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        return "quantity"
    if "enum" in schema:
        return ", ".join(f"`{value}`" if value else '`""`' for value in schema["enum"])
    if "items" in schema:
        most = f", at most {schema['maxItems']}" if "maxItems" in schema else ""
        return f"list of {_type(schema['items'])}{most}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map of {_type(schema['additionalProperties'])}"
    if schema.get("format") == "date-time":
        return "time (RFC 3339)"
    name = str(schema["type"])
    return f"{name}{_bounds(schema)}"


def _bounds(schema: Schema) -> str:
    bounds = []
    if "minimum" in schema:
        bounds.append(f"{'>' if schema.get('exclusiveMinimum') else '≥'} {schema['minimum']}")
    if "maximum" in schema:
        bounds.append(f"{'<' if schema.get('exclusiveMaximum') else '≤'} {schema['maximum']}")
    if "maxLength" in schema:
        most = schema["maxLength"]
        bounds.append("one character" if most == 1 else f"up to {most} characters")
    pattern = schema.get("pattern", "")
    if pattern and len(pattern) <= _SHOWN_AS_TEXT:
        bounds.append(f"`{pattern}`")
    return f" ({', '.join(bounds)})" if bounds else ""


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        return ""
    return text if text.endswith((".", "…", "!")) else text + "."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _anchor(place: str) -> str:
    """The anchor that Markdown renderers give a heading: lower case, signs dropped."""
    return "".join(letter for letter in place.lower() if letter.isalnum() or letter in "-_")
