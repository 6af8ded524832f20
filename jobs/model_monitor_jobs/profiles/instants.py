"""Times of rows, however they are written."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from model_monitor_crds.window import parse_time

MICROSECONDS = pa.timestamp("us", "UTC")
_FIRST, _LAST = (
    (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1) for moment in (datetime.min, datetime.max)
)


def instants(values: pa.Array) -> pa.Array:
    """Times as UTC timestamps in microseconds, null where they can't be read."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
        kind = values.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _as_utc(values.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False))
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return pa.nulls(len(values), MICROSECONDS)
    for target in (MICROSECONDS, pa.timestamp("us")):
        try:
            return _as_utc(values.cast(target))
        except pa.ArrowInvalid:
            continue
    return pa.array([_instant(text) for text in values.to_pylist()], MICROSECONDS)


def _as_utc(times: pa.Array) -> pa.Array:
    """In UTC, and null beyond the years that a datetime can have."""
    found = times.cast(MICROSECONDS) if times.type.tz else pc.assume_timezone(times, "UTC")
    since_1970 = found.cast(pa.int64())
    possible = pc.and_(pc.greater_equal(since_1970, _FIRST), pc.less_equal(since_1970, _LAST))
    return pc.if_else(possible, found, pa.scalar(None, MICROSECONDS))


def _instant(text: str | None) -> datetime | None:
    try:
        return parse_time(text) if text else None
    except (ValueError, OverflowError):
        return None
