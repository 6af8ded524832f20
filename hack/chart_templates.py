"""The chart's templates that follow from the code: resource definitions and RBAC rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from model_monitor_crds import KINDS
from model_monitor_crds.schema import custom_resource_definition

_KEEP = """  annotations:
    {{- if .Values.crds.keep }}
    helm.sh/resource-policy: keep
    {{- end }}
    {{- with .Values.crds.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- include "model-monitor-operator.labels" . | nindent 4 }}
"""
_RUNNER_ROLE = "the-runner-role"


class Rule(Protocol):
    """One RBAC rule with the reason for it, as model_monitor_operator.rbac states them."""

    @property
    def api_groups(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def resources(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def verbs(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def resource_names(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102


def escape(text: str) -> str:
    """Text that comes out of Helm's template engine as it went in."""
    return text.replace("{{", '{{ "{{" }}')


def definition_template(definition: str) -> str:
    """A CustomResourceDefinition (YAML text) as a template that `crds.enabled` switches and `crds.keep` protects.

    Raises ValueError when the text has no metadata.name to put annotations after.
    """
    escaped = escape(definition)
    head, separator, tail = escaped.partition("\nspec:\n")
    if not separator or "\nmetadata:\n  name: " not in head:
        raise ValueError("a definition begins with metadata.name, followed by spec")
    return "{{- if .Values.crds.enabled }}\n" + head + "\n" + _KEEP + "spec:\n" + tail + "{{- end }}\n"


def rules_template() -> str:
    """Named templates: the operator's and the runner's RBAC rules with their reasons, and where a spec has URIs."""
    from model_monitor_operator import rbac

    parts = (
        ("clusterRules", "What the operator needs in the whole cluster.", rbac.cluster_rules(_RUNNER_ROLE)),
        ("namespacedRules", "What the operator needs in each namespace that it watches.", rbac.namespaced_rules()),
        ("runnerRules", "What a run may do in its own namespace.", rbac.runner_rules()),
    )
    head = "{{/* Generated from operator/model_monitor_operator/rbac.py by `make generate`. Do not edit. */}}\n"
    rules = "".join(_named_template(name, comment, _rules(rules)) for name, comment, rules in parts)
    role = '{{ include "model-monitor-operator.runnerRoleName" . | quote }}'
    uris = _named_template("specURIs", "CEL: all URIs of the spec of any kind, as one list of strings.", uri_list())
    return head + rules.replace(json.dumps(_RUNNER_ROLE), role) + uris


def uri_list() -> str:
    """CEL for the list of all URIs in an object's spec, whatever its kind; what is not set is missing from it.

    Raises ValueError for a URI inside a list or map, which the admission policy would overlook.
    """
    paths: dict[str, None] = {}
    for kind in KINDS:
        version = custom_resource_definition(kind)["spec"]["versions"][0]
        spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        paths.update(dict.fromkeys(_uri_paths(spec, "")))
    fields = ",\n  ".join(f"object.spec.?{path}.orValue('')" for path in paths)
    return f"[\n  {fields}\n].filter(u, u != '')\n"


def _uri_paths(schema: dict[str, Any], prefix: str) -> Iterator[str]:
    for name, child in schema.get("properties", {}).items():
        if name.lower().endswith("uri"):
            yield prefix + name
        else:
            yield from _uri_paths(child, f"{prefix}{name}.")
    for inner in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict) and next(_uri_paths(inner, prefix), None):
            raise ValueError(f"{prefix[:-1]}: the admission policy can't find URIs in lists and maps yet")


def _named_template(name: str, comment: str, body: str) -> str:
    return f'\n{{{{/* {comment} */}}}}\n{{{{- define "model-monitor-operator.{name}" -}}}}\n{body}{{{{- end }}}}\n'


def _rules(rules: Iterable[Rule]) -> str:
    return "".join(map(_rule, rules)) or "[]\n"


def _rule(rule: Rule) -> str:
    comment = f"# {rule.reason}\n" if rule.reason else ""
    lines = [f"- apiGroups: {_list(rule.api_groups)}", f"  resources: {_list(rule.resources)}"]
    if rule.resource_names:
        lines.append(f"  resourceNames: {_list(rule.resource_names)}")
    lines.append(f"  verbs: {_list(rule.verbs)}")
    return comment + "\n".join(lines) + "\n"


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(json.dumps(value) for value in values) + "]"
