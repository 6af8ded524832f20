"""Results as Markdown, and its place in the documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.profiles.results import (
    CaseResult,
    ProgramResult,
    Results,
    Spread,
    cpu_seconds,
    least_cpu_seconds,
    least_wall_seconds,
    memory_megabytes,
    ratio,
    wall_seconds,
)
from benchmarks.profiles.scaling import WORKERS, Costs
from benchmarks.profiles.targets import TARGETS, Target

FULL, SHORT = "measured", "measured-short"
"""Names of the places: between `<!-- begin: NAME -->` and `<!-- end: NAME -->`."""

PREVIEW = {
    scale: f" **Scale {scale}: a preview; what is promised is promised of the default scale.**"
    for scale in ("quick", "small")
}


def full_report(results: Results) -> str:
    """The machine, the targets, and each case's table."""
    parts = [machine_line(results), targets_table(results)]
    for case in results.cases:
        parts += [f"### {case.title}", case_table(case)]
        parts += [*engines_report(case), *scaling_report(case)]
        parts += [f"{p.title} was not measured: {_reason(p)}" for p in case.programs if not p.rounds]
    return "\n\n".join(parts)


def short_report(results: Results) -> str:
    """The targets alone, with the command beside them."""
    return f"{machine_line(results)}\n\n{targets_table(results)}"


def targets_table(results: Results) -> str:
    """What was promised and what was measured."""
    rows = [["", "promised", "measured", "range", "kept"]]
    for target in TARGETS:
        found = target.measured(results)
        if found is None:
            rows.append([target.title, _promise(target), "not measured", "", ""])
            continue
        span = "" if found.least == found.most else f"{_number(found.least)} – {_number(found.most)}"
        kept = "yes" if target.met(found) else "**no**"
        rows.append([target.title, _promise(target), f"{_number(found.median)} {target.unit}", span, kept])
    return _markdown(rows)


def case_table(case: CaseResult) -> str:
    """One row a program: medians, and ratios to the floor round by round with their range."""
    floor = case.floor
    head = ["", "processor s", "wall s", "peak MB", "rounds"]
    head += ["processor, × floor", "wall, × floor"] if floor else []
    notes = any(program.missing for program in case.programs)
    rows = [[*head, *(["what it leaves out"] if notes else [])]]
    for program in case.programs:
        if not program.rounds:
            continue
        is_floor = program.role == "floor"
        cpu, wall = (least_cpu_seconds, least_wall_seconds) if is_floor else (cpu_seconds, wall_seconds)
        row = [program.title]
        row += [_number(Spread.of(list(map(of, program.rounds))).median) for of in (cpu, wall, memory_megabytes)]
        row.append(str(len(program.rounds)))
        if floor:
            row.append(ratio_text(ratio(program, floor, cpu, least_cpu_seconds)))
            row.append(ratio_text(ratio(program, floor, wall, least_wall_seconds)))
        rows.append([*row, *([program.missing] if notes else [])])
    return _markdown(rows)


def engines_report(case: CaseResult) -> list[str]:
    """Dask beside Local, where the case measured it: the work alone, without the start of processes."""
    local, dask = case.program("local"), case.program("dask")
    if local is None or dask is None:
        return []
    digests = {str((taken.details or {})["digest"]) for taken in (*local.rounds, *dask.rounds)}
    same = "the same bytes every time" if len(digests) == 1 else f"**{len(digests)} different profiles**"
    details = [taken.details or {} for taken in dask.rounds]
    started = Spread.of([float(one["start_seconds"]) for one in details])
    cpu = ratio(dask, local, least_cpu_seconds, least_cpu_seconds)
    wall = ratio(dask, local, least_wall_seconds, least_wall_seconds)
    return [
        f"Once its {details[0]['workers']} workers stand (after {_number(started.median)} s), Dask takes "
        f"{ratio_text(cpu)} × Local's processor time and {ratio_text(wall)} × its wall time, and gives {same}."
    ]


def scaling_report(case: CaseResult) -> list[str]:
    """What so many workers would take, where the case measured it; from the round with the least processor time."""
    found = case.program("parts")
    if found is None:
        return []
    least = min(found.rounds, key=lambda taken: taken.cpu_seconds)
    costs = Costs.of(least.details or {})
    rows = [["workers", "s", "times one worker's rate"]]
    for workers in WORKERS:
        seconds = costs.seconds(workers)
        rows.append([str(workers), _number(seconds), _number(costs.seconds(1) / seconds)])
    told = (
        f"{len(costs.parts)} parts, whose states are at most {costs.state_bytes / 1e6:.2f} MB each; merging them all "
        f"takes {costs.merge * 1000:,.0f} ms, listing {costs.listing * 1000:,.0f} ms. Computed from what each part "
        "takes one worker, without the network:"
    )
    return [told, _markdown(rows)]


def put(document: str, name: str, text: str) -> str:
    """The document with this text in its place.

    Raises ValueError when it has no such place.
    """
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    before, found, rest = document.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"no {begin} … {end} in the document")
    return f"{before}{begin}\n{text}\n{end}{after}"


def machine_line(results: Results) -> str:
    """The command, the day, the machine and the versions."""
    machine = results.machine
    versions = {**machine["peers"], **machine["libraries"]}
    listed = ", ".join(f"{name} {versions[name]}" for name in sorted(versions))
    loads = [case.load_average for case in results.cases]
    load = f"; load average before each case {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    return (
        f"Measured by `{results.command}` on {results.date[:10]}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_bytes'] / 2**30:.0f} GiB, Linux {machine['kernel']}, Python {machine['python']}, "
        f"warm page cache{load}. {listed}.{PREVIEW.get(results.scale, '')}"
    )


def _promise(target: Target) -> str:
    bound = f"{target.most:,.10g} {target.unit}"
    return f"{target.least:g} – {bound}" if target.least else f"≤ {bound}"


def _reason(program: ProgramResult) -> str:
    return (program.failure or "it took no part").splitlines()[-1]


def ratio_text(spread: Spread) -> str:
    """A ratio's median with its range."""
    if spread.least == spread.most:
        return _number(spread.median)
    return f"{_number(spread.median)} ({_number(spread.least)} – {_number(spread.most)})"


def _number(value: float) -> str:
    """Three digits, and all before the decimal point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    head, *body = rows
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(head), rule, *map(line, body)])
