"""The default rule, applied to every column: is the change more than noise and usual variation explain?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.data_quality.asked import asked_for, judge_distances
from model_monitor_jobs.checks.data_quality.check import Check, Words
from model_monitor_jobs.checks.data_quality.reference import Reference, ReferenceColumn
from model_monitor_jobs.checks.data_quality.reported import distances_of
from model_monitor_jobs.checks.data_quality.rules import checks
from model_monitor_jobs.checks.data_quality.settings import CheckSettings, settings_of
from model_monitor_jobs.checks.data_quality.structure import compare_structure
from model_monitor_jobs.checks.data_quality.usual import Comparison
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.judgement import Judgement
from model_monitor_jobs.decisions import LEARNED_FLOOR, UNLEARNED_FLOOR, Evidence, shared_alpha, weigh
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.profiles.windows import window_name

SegmentCounts = Mapping[SegmentKey, Mapping[str, ColumnCounts]]


@dataclass(frozen=True)
class _Case:
    """One check of one column, in all rows or in a segment of them."""

    check: Check
    column: ReferenceColumn
    segment: SegmentKey
    window: ColumnCounts
    settings: CheckSettings


def compare(
    reference: Reference,
    table: TableProfile,
    settings: DataQuality,
    window: Window | None = None,
    segments: SegmentCounts | None = None,
) -> Judgement:
    """Judge a window; findings in the order of the baseline's columns: those about the whole table first, then those
    about all rows, about segments, and the distances that were asked for.

    `segments` are the counts of the window's parts, by column.
    """
    least = least_share(reference, settings)
    cases = list(_cases(reference, table, settings, segments or {}))
    asked = {column.name: asked_for(settings, column) for column in reference.columns if column.name in table.columns}
    family = len(cases) + sum(map(len, asked.values()))
    comparison = Comparison(reference, window)
    judgement = Judgement(
        compare_structure(reference, table, least, lambda name, check: settings_of(settings, name, check).enabled)
    )
    judgement.compare_with = comparison.resolved(settings.compare_with)
    for case in cases:
        finding = _judge(case, comparison, family, judgement)
        if not case.segment:
            finding = _with_profile(finding, case, table.columns[case.column.name])
        judgement.findings.append(finding)
    described = {finding.column: finding.distances for finding in judgement.findings if finding.distances is not None}
    for column in reference.columns:
        if asked.get(column.name):
            profile = table.columns[column.name]
            counts = profile.counts(table.rows)
            distances = described.get(column.name) or distances_of(column, profile, counts)
            count = int(counts.numbers if column.numeric else counts.present)
            if distances is not None:
                own = asked[column.name]
                judgement.findings.extend(judge_distances(distances, count, own, column, family))
    return judgement


def least_share(reference: Reference, settings: DataQuality) -> float:
    """The smallest share of rows that counts."""
    return settings.threshold or (UNLEARNED_FLOOR if reference.windows is None else LEARNED_FLOOR)


def _cases(
    reference: Reference, table: TableProfile, settings: DataQuality, segments: SegmentCounts
) -> Iterator[_Case]:
    whole = {name: profile.counts(table.rows) for name, profile in table.columns.items()}
    for segment, windows in chain([((), whole)], segments.items()):
        known = reference.segments.get(segment, {})
        for column in reference.columns:
            if column.name not in windows or (segment and (column.name == segment[0] or column.name not in known)):
                continue
            for check in checks():
                own = settings_of(settings, column.name, check.type)
                if own.enabled and check.applies(column):
                    yield _Case(check, column, segment, windows[column.name], own)


def _judge(case: _Case, comparison: Comparison, family: int, judgement: Judgement) -> Finding:
    check, column = case.check, case.column
    alpha, threshold = shared_alpha(case.settings.alpha, family), case.settings.threshold
    usual = comparison.usual(check, column, case.segment, case.settings.compare_with, alpha, threshold or LEARNED_FLOOR)
    reference, window, variation = usual.reference, case.window.coarser(usual.reference.step), usual.variation
    if variation is not None:
        judgement.learned += 1
        judgement.leave_out(_names(comparison.reference, variation.left_out))
    difference = float(check.difference(window, reference, column))
    interval = check.interval(difference, window, reference, column)
    count, reference_count = int(check.size(window)), int(check.size(reference))
    evidence = weigh(difference, interval, usual.noise, variation, alpha, threshold, count, reference_count)
    words = check.words(window, reference, column) if count else Words("no values", "as in the baseline", "no values")
    return _finding(case, evidence, words, window, reference)


def _with_profile(finding: Finding, case: _Case, profile: ColumnProfile) -> Finding:
    """What the whole profile of the column adds."""
    if finding.violated:
        text = finding.description + case.check.detail(profile, case.column)
        finding = replace(finding, description=text)
    if case.check.type != "baseline_drift_check":
        return finding
    return replace(finding, distances=distances_of(case.column, profile, case.window))


def _finding(case: _Case, evidence: Evidence, words: Words, window: ColumnCounts, reference: ColumnCounts) -> Finding:
    finding = Finding(
        column=case.column.name,
        check=case.check.type,
        verdict=evidence.verdict,
        observed=words.observed,
        expected=words.expected,
        description=words.text,
        evidence=evidence,
        segment=case.segment,
        window_counts=window,
        reference_counts=reference,
    )
    if not finding.violated:
        return finding
    return replace(finding, offending=case.check.offending(window, reference, case.column))


def _names(reference: Reference, places: tuple[int, ...]) -> Iterator[str]:
    windows = reference.windows
    for place in places if windows is not None else ():
        assert windows is not None
        yield window_name(int(windows.starts[place]), windows.length, reference.zone)
