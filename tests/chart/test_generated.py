"""What is generated: that it is current, the same each time, and that staleness is found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hack import generate
from hack.api_reference import api_reference
from hack.chart_templates import definition_template, escape, uri_list
from model_monitor_crds import KINDS
from model_monitor_crds.definitions import definition_yaml, definitions_yaml
from tests.chart.release import CHART, helm_output


def test_everything_generated_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("seed", ["1", "2"])
def test_generation_does_not_depend_on_hash_order(seed: str) -> None:
    program = "from hack.generate import sources; print(sorted(map(repr, sources().items())))"
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=generate.ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert told == f"{sorted(map(repr, generate.sources().items()))}\n"


def test_stale_files_are_found_and_mended(tmp_path: Path) -> None:
    files = generate.sources()
    assert set(generate.write(tmp_path, files)) == set(files)
    assert generate.stale(tmp_path, files) == []
    changed, missing = Path("docs/api.md"), Path("crds/baselines.yaml")
    (tmp_path / changed).write_text("something else")
    (tmp_path / missing).unlink()
    gone = Path("crds/forgottenkinds.yaml")
    (tmp_path / gone).write_text("")
    assert set(generate.stale(tmp_path, files)) == {changed, missing}
    assert generate.leftovers(tmp_path, files) == [gone]
    assert set(generate.write(tmp_path, files)) == {changed, missing}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_definitions_are_small_and_plain(kind: object) -> None:
    text = definition_yaml(kind)  # type: ignore[arg-type]
    assert len(text.encode()) < 200_000
    assert "&id" not in text
    assert "#/" not in text


def test_all_definitions_are_one_stream() -> None:
    documents = list(yaml.safe_load_all(definitions_yaml()))
    assert [document["spec"]["names"]["kind"] for document in documents] == [kind.name for kind in KINDS]


def test_reference_tells_every_field_and_links_hold() -> None:
    text = api_reference(KINDS)
    headings = {line[4:].replace(".", "").replace("[]", "").lower() for line in text.splitlines() if line[:4] == "### "}
    headings |= {line[3:].lower() for line in text.splitlines() if line[:3] == "## "}
    links = {part.split(")")[0] for part in text.split("](#")[1:]}
    assert links <= headings
    for line in text.splitlines():
        assert len(line.replace("\\|", "").split("|")) in (1, 6), line
        if line.startswith("| `"):
            assert line.rstrip(" |").rsplit("|", 1)[1].strip(), f"no meaning: {line}"


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"])))
def test_escaped_text_has_no_template_left(text: str) -> None:
    """Every `{{` left opens the one action that prints `{{`, so undoing that gives the text back."""
    assert escape(text).replace('{{ "{{" }}', "{{") == text
    assert escape(text).count("{{") == 2 * text.count("{{")


def test_braces_in_a_description_survive_helm(tmp_path: Path) -> None:
    definition = definition_yaml(KINDS[0]).replace("What it", "{{ .Values.x }}").replace("made from", "{{ made }} from")
    for path in ("Chart.yaml", "templates/_helpers.tpl"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text((CHART / path).read_text())
    (tmp_path / "templates/crd.yaml").write_text(definition_template(definition))
    done = helm_output("template", "x", str(tmp_path), "--set", "crds.enabled=true,crds.keep=true")
    assert "{{ made }}" in definition
    rendered = yaml.safe_load(done.stdout)
    assert rendered["spec"] == yaml.safe_load(definition)["spec"]
    assert rendered["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_uri_list_has_every_uri_of_every_spec() -> None:
    assert {line.strip().split(".orValue")[0] for line in uri_list().splitlines() if "object" in line} == {
        "object.spec.?dataset.uri",
        "object.spec.?existing.statisticsURI",
        "object.spec.?existing.constraintsURI",
        "object.spec.?output.uri",
        "object.spec.?input.endpoint.captureURI",
        "object.spec.?input.batch.dataURI",
        "object.spec.?input.batch.predictionsURI",
        "object.spec.?groundTruth.uri",
        "object.spec.?modelBias.analysisConfigURI",
        "object.spec.?modelExplainability.analysisConfigURI",
        "object.spec.?modelExplainability.shap.backgroundURI",
        "object.spec.?dataset.recordPreprocessor.uri",
        "object.spec.?input.recordPreprocessor.uri",
        "object.spec.?postAnalyticsProcessor.uri",
    }
