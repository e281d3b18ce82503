"""Every promise of docs/security.md names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT

PAGE = ROOT / "docs/security.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def named(text: str) -> list[tuple[str, str]]:
    return NAMED.findall(text)


def rows(text: str) -> list[str]:
    """The rows of its tables, without heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [line for line in lines if not line.startswith(("| who |", "|---"))]


def is_there(path: str, name: str, root: Path = ROOT) -> bool:
    """Whether the file defines that test at its top, as a function, a class or a state machine's case."""
    file = root / path
    if not file.is_file():
        return False
    found: set[str] = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return name in found and name.lower().startswith("test")


@pytest.mark.parametrize(("path", "name"), sorted(set(named(PAGE.read_text(encoding="utf-8")))))
def test_the_named_test_exists(path: str, name: str) -> None:
    assert is_there(path, name)


def test_every_row_names_a_test() -> None:
    found = rows(PAGE.read_text(encoding="utf-8"))
    assert len(found) > 35
    assert [row for row in found if not named(row)] == []


def test_a_test_that_is_not_there_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_x.py").write_text("def test_a(): ...\nTestB = 1\ndef helper(): ...\n")
    assert is_there("tests/test_x.py", "test_a", tmp_path)
    assert is_there("tests/test_x.py", "TestB", tmp_path)
    assert not is_there("tests/test_x.py", "test_b", tmp_path)
    assert not is_there("tests/test_x.py", "helper", tmp_path)
    assert not is_there("tests/test_y.py", "test_a", tmp_path)
