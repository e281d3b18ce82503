"""What `.ci/run` starts in clean environments is what the action and the page say; a job that fails is seen."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from tests.house.tree import ROOT
from tests.packaging.clean_jobs import ACTION, PAGE, STRICT, github_job, gitlab_lines, passed, run


def test_lines_are_those_of_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    lines = gitlab_lines(page)
    assert lines[0] == "pip install natscope"
    assert any(line.startswith("natscope check --policy policy.toml --derp-map derp.yaml") for line in lines)
    assert all(f"    - {line}\n" in page for line in lines)


def test_the_step_gets_its_defaults_and_what_the_job_says(tmp_path: Path) -> None:
    tree = yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))
    command, variables = github_job(tree, {"policy": "policy.toml", "derp-map": "derp.yaml"}, tmp_path)
    assert command == ("bash", *STRICT, 'bash "$GITHUB_ACTION_PATH/check.sh"')
    assert {name: variables[name] for name in ("POLICY", "DERP_MAP", "PACKAGE", "JUNIT")} == {
        "POLICY": "policy.toml", "DERP_MAP": "derp.yaml", "PACKAGE": "natscope", "JUNIT": "",
    }  # fmt: skip


def test_nothing_of_this_environment_reaches_a_job(tmp_path: Path) -> None:
    done = run(("bash", *STRICT, "env; ls"), tmp_path / "job", "{}", {"PATH": "/usr/bin:/bin"}, tmp_path / "wheels")
    names = {line.partition("=")[0] for line in done.stdout.splitlines() if "=" in line}
    assert "PIP_NO_INDEX" in names
    assert not names & {"PYTHONPATH", "VIRTUAL_ENV"}
    assert {"policy.toml", "derp.yaml"} <= set(done.stdout.splitlines())


def test_a_job_that_fails_or_writes_nothing_is_seen(tmp_path: Path) -> None:
    junit = tmp_path / "natscope.xml"
    junit.write_text("<testsuites/>", encoding="utf-8")
    assert list(passed("a job", subprocess.CompletedProcess((), 0, "", ""), junit)) == []
    (failed,) = passed("a job", subprocess.CompletedProcess((), 3, "", "inconclusive"), junit)
    assert failed == "a job ended with 3: inconclusive"
    assert list(passed("a job", subprocess.CompletedProcess((), 0, "", ""), tmp_path / "none.xml"))


def test_the_run_of_everything_starts_them_sealed() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'tests/kernel/sealed.py -- "$python" tests/packaging/clean_jobs.py "$scratch/wheels"' in text
