"""Imports point down, and the check that holds it sees every kind of arrow that points up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, SOURCE_ROOTS

BROKEN = {
    "natscope/wire/upward.py": "import natscope.cli",
    "probes/natscope_probes/upward.py": "import natscope.netcheck",
    "reports/natscope_reports/upward.py": "import natscope.diagnosis",
    "natscope/netcheck/upward.py": "import natscope_probes",
    "natscope/stun_server/upward.py": "import natscope.sim",
    "natscope/host/real/upward.py": "import scapy",
}
"""One forbidden import for each contract, in the order in which pyproject.toml lists them."""


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    roots = [str(root / Path(folder).parent) for folder in SOURCE_ROOTS]
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=root, env=os.environ | {"PYTHONPATH": os.pathsep.join(roots)},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in SOURCE_ROOTS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_is_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert f"Contracts: {len(BROKEN)} kept, 0 broken." in done.stdout


def test_every_contract_breaks_on_an_arrow_that_points_up(copy: Path) -> None:
    for name, line in BROKEN.items():
        (copy / name).write_text(f"{line}\n")
    done = lint(copy)
    assert done.returncode != 0
    assert f"Contracts: 0 kept, {len(BROKEN)} broken." in done.stdout
    for name in BROKEN:
        module = name.removesuffix(".py").split("/", 1 if name.startswith(("probes", "reports")) else 0)[-1]
        assert module.replace("/", ".") in done.stdout


def test_a_folder_must_take_its_place(copy: Path) -> None:
    (copy / "natscope" / "nowhere").mkdir()
    (copy / "natscope" / "nowhere" / "__init__.py").touch()
    done = lint(copy)
    assert done.returncode != 0
    assert "natscope.nowhere" in done.stdout
