"""The generated definitions: structural, bounded, described to the leaves, with the models' defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from model_monitor_crds import KINDS
from model_monitor_crds.definitions import definition_yaml, definitions_yaml
from model_monitor_crds.metadata import Kind
from model_monitor_crds.schema import custom_resource_definition, structural_schema

FORBIDDEN = {"$ref", "$defs", "anyOf", "oneOf", "allOf", "const", "title", "discriminator", "examples", "deprecated"}
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def root(kind: Kind) -> dict[str, Any]:
    version = custom_resource_definition(kind)["spec"]["versions"][0]
    return dict(version["schema"]["openAPIV3Schema"])


def nodes(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from nodes(schema["additionalProperties"], f"{path}.*")


@each_kind
def test_schemas_are_structural(kind: Kind) -> None:
    for path, schema in nodes(root(kind), kind.name):
        assert not FORBIDDEN & schema.keys(), path
        assert ("type" in schema) != ("x-kubernetes-int-or-string" in schema), path
        assert schema.get("additionalProperties") is not False, path
        for flag in ("exclusiveMinimum", "exclusiveMaximum"):
            assert isinstance(schema.get(flag, True), bool), path


@each_kind
def test_every_field_is_described_down_to_the_leaves(kind: Kind) -> None:
    missing = [
        path
        for path, schema in nodes(root(kind), kind.name)
        if not path.endswith(("[]", ".*", ".metadata")) and len(schema.get("description", "")) < 4
    ]
    assert missing == []


@each_kind
def test_every_text_list_and_map_is_bounded(kind: Kind) -> None:
    for path, schema in nodes(root(kind), kind.name):
        if path.count(".") < 2 and "spec" not in path and "status" not in path:
            continue
        if schema.get("type") == "string" and "enum" not in schema and schema.get("format") != "date-time":
            assert "maxLength" in schema, path
        if schema.get("type") == "array":
            assert "maxItems" in schema, path
        if isinstance(schema.get("additionalProperties"), dict):
            assert "maxProperties" in schema, path


def filled(schema: dict[str, Any], value: Any) -> Any:
    """What the API server makes of a value: defaults filled in."""
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    given = {name: child["default"] for name, child in properties.items() if "default" in child} | value
    return {name: filled(properties[name], part) if name in properties else part for name, part in given.items()}


MINIMAL = {
    "Baseline": {"existing": {"statisticsURI": "s3://a/s", "constraintsURI": "s3://a/c"}},
    "MonitoringSchedule": {
        "baselineRef": {"name": "b"},
        "input": {"batch": {"dataURI": "s3://a/b"}},
        "output": {"uri": "s3://a/r"},
    },
    "MonitoringExecution": {"scheduleRef": {"name": "s"}},
}


@each_kind
def test_the_api_servers_defaults_are_the_models(kind: Kind) -> None:
    spec = MINIMAL[kind.name]
    model = kind.model.model_fields["spec"].annotation
    assert model is not None
    schema = root(kind)["properties"]["spec"]
    by_server = filled(schema, spec)
    by_model = model.model_validate(spec)
    assert model.model_validate(by_server) == by_model
    scalars = {name: value for name, value in by_model.to_dict().items() if not isinstance(value, dict | list)}
    assert scalars.items() <= by_server.items()


@each_kind
def test_definitions_fit_into_kubectls_annotation_and_have_what_kubectl_shows(kind: Kind) -> None:
    text = definition_yaml(kind)
    assert len(text) < 200_000
    assert not re.search(r"[&*]id[0-9]", text), "YAML anchors"
    spec = yaml.safe_load(text)["spec"]
    assert spec["names"]["categories"] == ["model-monitor"]
    version = spec["versions"][0]
    assert version["subresources"] == {"status": {}}
    assert root(kind)["properties"]["status"]["default"] == {"observedGeneration": -1}
    properties = root(kind)["properties"]
    for column in kind.columns:
        place: dict[str, Any] = {"properties": properties}
        for name in column.path.split("[")[0].strip(".").split("."):
            if "properties" not in place:
                break
            assert name in place["properties"] or "metadata" in column.path, column.path
            place = place["properties"].get(name, {})


def test_all_definitions_are_one_stream_of_yaml() -> None:
    names = [document["spec"]["names"]["kind"] for document in yaml.safe_load_all(definitions_yaml())]
    assert names == ["Baseline", "MonitoringSchedule", "MonitoringExecution"]


def test_what_a_structural_schema_cannot_say_is_named() -> None:
    from pydantic import BaseModel

    class Broken(BaseModel):
        either: int | bool

    with pytest.raises(ValueError, match=r"Broken\.either: a structural schema can't say anyOf"):
        structural_schema(Broken)
