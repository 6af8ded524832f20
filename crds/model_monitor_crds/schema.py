"""From pydantic models to the structural schemas that a CustomResourceDefinition needs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from model_monitor_crds.base import GROUP, VERSION
from model_monitor_crds.metadata import Kind

Schema = dict[str, Any]
_DROPPED = {"title", "additionalProperties"}


def custom_resource_definition(kind: Kind) -> Schema:
    """The CustomResourceDefinition of one kind, complete and in a stable order."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.singular,
                "shortNames": [kind.short_name],
                "categories": ["model-monitor"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [
                        {"name": column.name, "type": column.type, "jsonPath": column.path}
                        | ({"priority": column.priority} if column.priority else {})
                        for column in kind.columns
                    ],
                    **(
                        {"selectableFields": [{"jsonPath": path} for path in kind.selectable_fields]}
                        if kind.selectable_fields
                        else {}
                    ),
                    "schema": {"openAPIV3Schema": _root_schema(kind.model)},
                }
            ],
        },
    }


def _root_schema(model: type[BaseModel]) -> Schema:
    schema = structural_schema(model)
    properties = schema["properties"]
    properties["apiVersion"] = {
        "type": "string",
        "description": "Version of the API, modelmonitor.dev/v1alpha1.",
    }
    properties["kind"] = {"type": "string", "description": f"Always {model.__name__}."}
    properties["metadata"] = {"type": "object"}
    properties["status"]["default"] = {"observedGeneration": -1}
    schema["required"] = ["spec"]
    return schema


def structural_schema(model: type[BaseModel]) -> Schema:
    """The model's schema without references, null alternatives and titles, as Kubernetes requires.

    Raises ValueError for what a structural schema can't say, naming the place.
    """
    document = model.model_json_schema(by_alias=True, mode="validation")
    definitions = document.pop("$defs", {})
    return _structural(document, definitions, model.__name__)


def _structural(node: Schema, definitions: dict[str, Schema], place: str) -> Schema:
    if "$ref" in node:
        target = definitions[node["$ref"].rsplit("/", 1)[-1]]
        node = target | {key: value for key, value in node.items() if key != "$ref"}
        return _structural(node, definitions, place)
    if "anyOf" in node:
        options = [option for option in node["anyOf"] if option.get("type") != "null"]
        if len(options) != 1:
            raise ValueError(f"{place}: a structural schema can't say anyOf {options}")
        rest = {
            key: value for key, value in node.items() if key != "anyOf" and not (key == "default" and value is None)
        }
        return _structural(options[0] | rest, definitions, place)
    if node.get("x-kubernetes-int-or-string"):
        return _described({key: node[key] for key in ("description", "x-kubernetes-int-or-string") if key in node})
    result = {key: value for key, value in node.items() if key not in _DROPPED}
    if "const" in result:
        result["enum"] = [result.pop("const")]
    for bound, flag in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if bound in result:
            result[flag] = result.pop(bound)
            result[bound] = True
    if "properties" in node:
        required = set(node.get("required", ()))
        result["properties"] = {
            name: _property(child, definitions, f"{place}.{name}", name in required)
            for name, child in node["properties"].items()
        }
    if isinstance(node.get("additionalProperties"), dict):
        result["additionalProperties"] = _structural(node["additionalProperties"], definitions, f"{place}.*")
    if "items" in node:
        result["items"] = _structural(node["items"], definitions, f"{place}[]")
    return _described(result)


def _property(node: Schema, definitions: dict[str, Schema], place: str, required: bool) -> Schema:
    schema = _structural(node, definitions, place)
    if schema.get("default", ...) in ([], {}, None):
        schema.pop("default", None)
    if not required and "default" not in schema and "$ref" in node and _has_defaults(schema):
        schema["default"] = _object_default(schema)
    return schema


def _object_default(schema: Schema) -> Schema:
    """An empty object, which the API server fills; filled already where rules apply, as it judges defaults unfilled."""
    if "x-kubernetes-validations" not in schema:
        return {}
    return {name: child["default"] for name, child in schema["properties"].items() if "default" in child}


def _has_defaults(schema: Schema) -> bool:
    """Whether defaults below an object would be lost if the object itself were left out."""
    return any("default" in child for child in schema.get("properties", {}).values())


def _described(schema: Schema) -> Schema:
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].split())
    return schema
