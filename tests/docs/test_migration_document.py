"""The page on migration: its manifests of SageMaker are converted by its command, to the manifests that it shows."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from model_monitor_jobs.cli import main
from model_monitor_jobs.migration.resources import ACK_GROUP
from tests.docs.test_documents import ROOT, blocks, manifests

PAGE = ROOT / "docs" / "migration.md"


def test_the_command_of_the_page_does_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (source,) = (block for block in blocks(PAGE, "yaml") if ACK_GROUP in block)
    (shown,) = manifests(PAGE)
    (command,) = blocks(PAGE, "sh")
    (told,) = blocks(PAGE, "console")
    (tmp_path / "churn.yaml").write_text(source)
    program, *arguments = shlex.split(command)
    assert program == "model-monitor"
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "manifests" / "churn-quality-job.yaml").read_text() == shown
    assert set(told.splitlines()) <= set(done.stderr.splitlines())
