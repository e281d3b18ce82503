"""Secrets are compared in a time that tells nothing about them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, python_files, relative

SECRET = re.compile(r"(?:^|_)(?:mesh_key|psk|secret|token|password|ticket|mac)s?$", re.IGNORECASE)
NO_SECRETS = {"NO_MESH_KEY"}
"""Names of public constants that may stand on the other side."""


def comparisons(source: str) -> list[int]:
    """Lines where something with a secret's name is compared with `==` or `!=`, but for a literal."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops):
            sides = [node.left, *node.comparators]
            names = {str(getattr(side, "attr", getattr(side, "id", ""))) for side in sides}
            if any(isinstance(side, ast.Constant) for side in sides) or names & NO_SECRETS:
                continue
            if any(SECRET.search(name) for name in names):
                found.append(node.lineno)
    return found


def test_no_secret_is_compared_with_equals() -> None:
    shipped = [path for path in python_files() if path.is_relative_to(ROOT / "natscope")]
    assert {relative(path): lines for path in shipped if (lines := comparisons(read(path)))} == {}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("line", ["info.mesh_key == mesh_key", "a if given != self._secret else b", "token == other"])
def test_such_a_comparison_is_caught(line: str) -> None:
    assert comparisons(f"x = {line}\n") == [1]


@pytest.mark.parametrize(
    "line", ["key == other", "info.mesh_key != NO_MESH_KEY", 'token == ""', "hmac.compare_digest(a, b)"]
)
def test_others_are_not(line: str) -> None:
    assert comparisons(f"x = {line}\n") == []
