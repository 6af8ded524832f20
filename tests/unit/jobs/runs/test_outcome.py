from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Evidence, Verdict
from model_monitor_jobs.runs.outcome import MOST_VIOLATIONS, worst_violations


def findings(count: int, text: str) -> list[Finding]:
    evidence = Evidence(0.4, 0.1, 0.01, 0.3, 0.5, 1000)
    return [
        Finding(f"{text}{n}", "completeness_check", Verdict.VIOLATION, "", "", text, evidence) for n in range(count)
    ]


def test_a_status_lists_the_first_twenty_violations() -> None:
    listed = worst_violations(findings(25, "amount"))
    assert [violation.column for violation in listed] == [f"amount{n}" for n in range(MOST_VIOLATIONS)]


def test_long_names_in_any_script_do_not_outgrow_the_status() -> None:
    listed = worst_violations(findings(25, "\N{SNOWFLAKE}" * 2000))
    assert 0 < len(listed) < MOST_VIOLATIONS
    assert sum(len(violation.model_dump_json().encode()) for violation in listed) <= 16 * 1024
