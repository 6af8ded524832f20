"""Whatever a definition has, what is made of it is valid, and nothing is lost without a word."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from model_monitor_crds import KINDS
from model_monitor_jobs.migration.names import is_key, is_label_value
from model_monitor_jobs.migration.resources import TYPES
from tests.unit.jobs.migration.sagemaker_shapes import (
    Object,
    definition,
    described,
    endpoint_input,
    fates,
    field,
    manifests,
    migrate,
    resources,
    schedule,
)

MODELS = {kind.name: kind.model for kind in KINDS}
NAMES = st.from_regex("[a-zA-Z0-9](-?[a-zA-Z0-9]){0,30}", fullmatch=True)
EXPRESSIONS = st.sampled_from(
    ["cron(0 * ? * * *)", "cron(0 17 ? * * *)", "cron(0 03/05 ? * * *)", "cron(0 0/1 ? * * *)", "NOW", None]
)
OFFSETS = st.sampled_from([(None, None), ("-PT1H", "-PT0H"), ("-P8D", "-P1D"), ("-PT90M", "-PT30M")])
URIS = st.from_regex("s3://[a-z0-9][a-z0-9.-]{2,20}(/[a-zA-Z0-9._-]{1,9}){0,3}", fullmatch=True)
VISIBLE = st.characters(exclude_categories=["C", "Zl", "Zp"])
TAGS = st.lists(
    st.fixed_dictionaries({"key": st.text(VISIBLE, min_size=1, max_size=70), "value": st.text(VISIBLE, max_size=70)}),
    max_size=3,
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "inferenceAttribute": st.sampled_from(["0", "predictions[0].label", "$.label"]),
        "probabilityAttribute": st.sampled_from(["1", "score"]),
        "probabilityThresholdAttribute": st.floats(0.01, 0.99),
        "featuresAttribute": st.just("features"),
        "excludeFeaturesAttribute": st.sampled_from(["0,3", "id", "id, 4"]),
    },
)
ENVIRONMENT = st.dictionaries(
    st.from_regex("[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True), st.text(VISIBLE, max_size=20), max_size=3
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Object, Object]:
    """A schedule and its definition."""
    type_: Any = draw(st.sampled_from(TYPES))
    start, end = draw(OFFSETS)
    offsets = {"startTimeOffset": start, "endTimeOffset": end} if start is not None else {}
    inputs: Object = {"endpointInput": endpoint_input(**offsets, **draw(ANSWERS))}
    if draw(st.booleans()):
        inputs["groundTruthS3Input"] = {"s3URI": draw(URIS)}
    if type_ in ("DataQuality", "ModelExplainability"):
        inputs.pop("groundTruthS3Input", None)
    application: Object = {"imageURI": "x", "environment": draw(ENVIRONMENT)}
    if type_ == "ModelQuality":
        application["problemType"] = draw(
            st.sampled_from(["BinaryClassification", "MulticlassClassification", "Regression"])
        )
    name = draw(NAMES)
    changes: Object = {
        field(type_, "JobInput"): inputs,
        field(type_, "AppSpecification"): application,
        "stoppingCondition": draw(st.sampled_from([None, {"maxRuntimeInSeconds": 1}, {"maxRuntimeInSeconds": 86400}])),
        "tags": draw(TAGS),
    }
    if draw(st.booleans()):
        changes[field(type_, "BaselineConfig")] = draw(
            st.sampled_from([None, {"baseliningJobName": "x"}, {"constraintsResource": {"s3URI": draw(URIS)}}])
        )
    return schedule(type_, draw(NAMES), name, draw(EXPRESSIONS)), definition(type_, name, **changes)


def placeholders(part: Any) -> bool:
    """Whether something is left to fill in."""
    if isinstance(part, dict):
        return any(map(placeholders, part.values()))
    return isinstance(part, str) and part.startswith("<")


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_what_converts_is_valid_and_accounted_for(pair: tuple[Object, Object]) -> None:
    migration = migrate(*pair)
    made = manifests(migration)
    for document in made:
        model = MODELS[document["kind"]]
        if placeholders(document["spec"]):
            with pytest.raises(ValidationError):
                model.model_validate(document)
        else:
            model.model_validate(document)
        for key in ("labels", "annotations"):
            assert all(map(is_key, document["metadata"].get(key, {})))
        assert all(map(is_label_value, document["metadata"].get("labels", {}).values()))
    texts = [manifest.text() for group in migration.groups for manifest in group.manifests]
    assert [yaml.safe_load(text) for text in texts] == made
    told = fates(migration)
    for resource in resources(pair):
        for leaf in resource.leaves:
            assert leaf.place in told or leaf.place.partition(".")[0] in told, leaf.place
    assert manifests(migrate(*map(described, pair))) == made
