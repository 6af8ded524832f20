"""Comparing a child with what is asked for."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from model_monitor_operator.manifests.common import ANNOTATION_HASH
from model_monitor_operator.reconcile.children import in_order

Object = dict[str, Any]
DESIRED: Object = {
    "metadata": {"labels": {"a": "b"}, "annotations": {ANNOTATION_HASH: "h"}},
    "spec": {"suspend": False, "list": [{"name": "x", "resources": {"limits": {"memory": "1024Mi", "cpu": 1}}}]},
}


def observed(**spec: Any) -> Object:
    body = copy.deepcopy(DESIRED)
    body["metadata"]["generation"] = 3
    body["spec"].update(spec)
    return body


def test_what_the_server_adds_or_writes_in_its_own_way_is_in_order() -> None:
    body = observed(added="by default")
    body["spec"]["list"][0]["resources"]["limits"] = {"memory": "1Gi", "cpu": "1"}
    body["metadata"]["labels"]["theirs"] = "too"
    assert in_order(DESIRED, body, None)


def test_an_edit_is_seen() -> None:
    assert not in_order(DESIRED, observed(suspend=True), None)
    assert not in_order(DESIRED, observed(list=[]), None)
    body = observed()
    del body["metadata"]["labels"]["a"]
    assert not in_order(DESIRED, body, None)


def test_another_digest_is_not_in_order() -> None:
    body = observed()
    body["metadata"]["annotations"][ANNOTATION_HASH] = "other"
    assert not in_order(DESIRED, body, 3)


def test_what_the_server_made_of_it_is_accepted_until_the_next_edit() -> None:
    body = observed(suspend="another way")
    assert in_order(DESIRED, body, 3)
    assert not in_order(DESIRED, body, 2)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=3), values, max_size=4))
def test_a_child_as_it_was_asked_for_is_in_order(spec: Object) -> None:
    body = {"metadata": {"labels": {}, "annotations": {}}, "spec": spec}
    assert in_order(body, copy.deepcopy(body), None)
