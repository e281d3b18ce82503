"""The GitHub action: its script in a clean folder and environment, as a runner starts it; every input is used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import relays
from tests.docs.test_readme import wrong
from tests.house.tree import ROOT

FOLDER = ROOT / "packaging" / "github-action"
SCRIPT = FOLDER / "check.sh"
ACTION: dict[str, Any] = yaml.safe_load((FOLDER / "action.yml").read_text(encoding="utf-8"))
POLICY = '[run]\nretries = 0\n[expect]\nudp = true\nrelays.answered = ">= {least}"\n'


def test_every_input_reaches_the_script_by_a_variable() -> None:
    (step,) = ACTION["runs"]["steps"]
    assert set(re.findall(r"inputs\.([\w-]+)", str(step["env"]))) == set(ACTION["inputs"])
    assert "inputs." not in step["run"], "an expression inside a script is an injection"
    text = SCRIPT.read_text(encoding="utf-8")
    assert all(f"${name}" in text or f"${{{name}" in text for name in step["env"])


def test_the_commands_of_the_script_and_the_page_exist() -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\s*(?:- )?(natscope check [^|>\n]*?)(?:\s*(?:\|\||>|#).*)?$", page, re.MULTILINE)
    assert commands
    assert [command for command in commands if wrong(command.split())] == []


def test_the_snippets_of_the_page_are_yaml() -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    snippets = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(snippets) >= 2
    for snippet in snippets:
        assert isinstance(yaml.safe_load(snippet), dict)


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`python3` as a runner has it, but what `pip install` would fetch is there already: our own natscope."""
    folder = tmp_path_factory.mktemp("bin")
    python = folder / "python3"
    python.write_text(
        f"""#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
  mkdir -p "$3/bin"
  printf '#!/bin/sh\\nexit 0\\n' >"$3/bin/python"
  printf '#!/bin/sh\\nexec {sys.executable} -m natscope "$@"\\n' >"$3/bin/natscope"
  chmod 755 "$3/bin/python" "$3/bin/natscope"
  exit 0
fi
exec {sys.executable} "$@"
""",
        encoding="utf-8",
    )
    python.chmod(0o755)
    return folder


@pytest.mark.parametrize(("least", "code", "result"), [(2, 0, "passed"), (5, 1, "failed")])
def test_the_script_as_a_runner_starts_it(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, stub: Path, least: int, code: int, result: str
) -> None:
    (tmp_path / "policy.toml").write_text(POLICY.format(least=least), encoding="utf-8")
    for derp_map in relays(tmp_path_factory.mktemp("relays"), "--regions", "2"):
        done = subprocess.run(
            ["bash", str(SCRIPT)],
            cwd=tmp_path,
            env={
                "PATH": f"{stub}:{os.environ['PATH']}",
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                "HOME": str(tmp_path),
                "LANG": "C.UTF-8",
                "POLICY": "policy.toml",
                "DERP_MAP": derp_map,
                "PACKAGE": "natscope",
                "JUNIT": "junit.xml",
                "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
                "GITHUB_OUTPUT": str(tmp_path / "output"),
                "NATSCOPE_NETCHECK_SKIP": "port_mapping,captive_portal,dns,path_mtu,nat_ports",
                "NATSCOPE_NETCHECK_TIMEOUT": "3",
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == code, done.stderr
    assert (tmp_path / "output").read_text(encoding="utf-8") == f"result={result}\n"
    assert "| Expectation |" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "<testsuites" in (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert ("::error file=policy.toml,line=5" in done.stdout) is (code == 1)
