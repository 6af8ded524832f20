"""Every reason that a person may meet stands in docs/status.md, found in the code by its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import model_monitor_operator
from model_monitor_jobs.errors import ConfigurationError, InputError

ROOT = Path(__file__).parents[3]
OPERATOR = Path(model_monitor_operator.__file__).parent
CODE = [*(OPERATOR / "reconcile").glob("*.py"), OPERATOR / "controller.py"]
REASON_ARGUMENT = {"Standing": 1, "Finding": 2, "Progress": 1, "Refusal": 0, "_fail": 2, "note": 3}
"""Which argument of these calls is a reason."""
CONTAINER = {InputError.__name__, ConfigurationError.__name__, "InternalError", "Completed", "Failed", "Running"}
"""What the container writes."""
KUBERNETES = {"DeadlineExceeded", "BackoffLimitExceeded", "PodFailurePolicy", "Evicted", "OOMKilled"}
"""What the Job controller and the kubelet say, which is passed on."""
PASSED_ON = re.compile(r"\.reason$|\[['\"]reason['\"]\]|\.get\(['\"]reason['\"]|^reason$")
NEVER_WRITTEN = {"Succeeded"}
"""Progress of a Job that ended well: what is shown then is the outcome of its container."""


def documented() -> set[str]:
    return set(re.findall(r"`(\w+)`", (ROOT / "docs" / "status.md").read_text()))


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in CODE:
        yield path, ast.parse(path.read_text())


def constants(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may have as its value."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from constants(value)


def reason_arguments() -> Iterator[tuple[str, ast.expr]]:
    for path, tree in trees():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            place = REASON_ARGUMENT.get(name)
            if place is None or any(isinstance(argument, ast.Starred) for argument in call.args[: place + 1]):
                continue
            named = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
            yield f"{path.name}:{call.lineno}", (named or call.args[place : place + 1])[0]


def pairs() -> Iterator[str]:
    """First parts of the pairs (reason, message) that functions give back, and tables of reasons."""
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.returns and "tuple[str, str]" in ast.unparse(node.returns):
                for given in (inner for inner in ast.walk(node) if isinstance(inner, ast.Return)):
                    if isinstance(given.value, ast.Tuple):
                        yield from constants(given.value.elts[0])
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if isinstance(target, ast.Name) and target.id == "reason":
                    yield from constants(node.value)
                if isinstance(target, ast.Name) and target.id == "_WAITING" and isinstance(node.value, ast.Dict):
                    for value in node.value.values:
                        yield from constants(value)


def written() -> set[str]:
    found = {text for _, argument in reason_arguments() for text in constants(argument)}
    return (found | set(pairs()) | CONTAINER | KUBERNETES) - NEVER_WRITTEN


def test_every_reason_is_documented() -> None:
    assert written() - documented() == set()


def test_the_search_finds_what_it_is_meant_to_find() -> None:
    assert written() >= {
        "Scheduled", "NotSuspended", "NoResult", "JobDeleted", "Unsupported", "InvalidWindow", "NameConflict",
        "Forbidden", "Pending", "Retrying", "RunContainerError", "Unschedulable", "PodRefused", "PodFailed",
        "JobFailed", "Disrupted", "NoRunYet", "AlertRaised", "ViolationsFound", "RunFailed", "AlertResolved",
    }  # fmt: skip


def test_reasons_that_are_not_spelled_out_come_from_elsewhere() -> None:
    """A reason that is put together in another way would escape the search."""
    for place, argument in reason_arguments():
        if not list(constants(argument)):
            assert PASSED_ON.search(ast.unparse(argument)), f"{place}: {ast.unparse(argument)}"
