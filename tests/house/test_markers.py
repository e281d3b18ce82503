"""What runs alone is marked so: test files that build networks of the kernel judge what a busy computer changes."""

from __future__ import annotations

from pathlib import Path

from tests.house.tree import ROOT

MARK = "pytest.mark.kernel"


def unmarked(folder: Path) -> list[str]:
    """Test files of the kernel's networks, by their name, that would run beside others."""
    return sorted(file.name for file in folder.glob("test_kernel_*.py") if MARK not in file.read_text())


def test_the_kernels_networks_are_marked() -> None:
    assert unmarked(ROOT / "tests" / "lab") == []
    assert list((ROOT / "tests" / "lab").glob("test_kernel_*.py"))


def test_one_without_a_mark_is_caught(tmp_path: Path) -> None:
    (tmp_path / "test_kernel_new.py").write_text("def test_it() -> None: ...\n")
    assert unmarked(tmp_path) == ["test_kernel_new.py"]
