"""Conditions by kstatus' rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st

from model_monitor_operator.reconcile.conditions import MESSAGE_LIMIT, Standing, conditions, cut, of_standing

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
STATES: tuple[Literal["Ready", "Reconciling", "Stalled"], ...] = ("Ready", "Reconciling", "Stalled")


@given(st.lists(st.tuples(st.sampled_from(STATES), st.sampled_from(["One", "Two"])), min_size=1, max_size=8))
def test_times_move_only_when_a_status_flips(story: list[tuple[Any, str]]) -> None:
    observed: dict[str, Any] = {"metadata": {"generation": 1}, "status": {}}
    for step, (state, reason) in enumerate(story):
        before = {c["type"]: c for c in observed["status"].get("conditions", ())}
        now = NOW + timedelta(minutes=step)
        written = conditions(of_standing(Standing(state, reason, "why")), observed, now)
        by_type = {c["type"]: c for c in written}
        assert [kind for kind, c in by_type.items() if c["status"] == "True"] == [state]
        for kind, found in by_type.items():
            old = before.get(kind)
            flipped = old is None or old["status"] != found["status"]
            assert found["lastTransitionTime"] == (
                now.strftime("%Y-%m-%dT%H:%M:%SZ") if flipped else old["lastTransitionTime"]  # type: ignore[index]
            )
        observed["status"]["conditions"] = written


@given(st.text(max_size=3000))
def test_messages_are_cut_to_whole_characters(text: str) -> None:
    short = cut(text)
    assert len(short.encode()) <= MESSAGE_LIMIT
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
