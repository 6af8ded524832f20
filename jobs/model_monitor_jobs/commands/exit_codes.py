"""How the command line's verbs end."""

from typing import Final

from model_monitor_jobs.runs.result import Result

NO_VIOLATION: Final = 0
ERROR: Final = 1
VIOLATIONS: Final = 2


def exit_code_of(result: Result) -> int:
    """How a run ends: one that could judge nothing is no pass."""
    if result.violations:
        return VIOLATIONS
    return NO_VIOLATION if result.judged else ERROR
