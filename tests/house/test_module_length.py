"""Modules and functions stay short: over the soft limit needs a reason here, over the hard one never lands."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house.tree import ROOT, python_files, relative

SOFT_LINES, HARD_LINES, FUNCTION_LINES = 400, 600, 60

GENERATED: dict[str, str] = {
    "natscope/cli/help_text.py": "literals made by natscope.cli.generate",
    "natscope/cli/completion_table.py": "literals made by natscope.cli.generate",
}
"""Modules that nobody writes: they grow with what they are made from."""

LONG_MODULES: dict[str, str] = {
    "tests/machines/nat/reference.py": "one NAT in plain form, to be read beside the RFCs from top to bottom",
}
"""Modules over the soft limit, each with its reason."""

LONG_FUNCTIONS: dict[str, str] = {
    "tests/reports/builder.py:report": "one call that names every field of a report",
}
"""`file:function` over the limit, each with its reason."""


def long_modules(root: Path) -> list[str]:
    problems = []
    for path in python_files(root):
        name, lines = relative(path, root), len(path.read_text().splitlines())
        if name in GENERATED:
            continue
        if lines > HARD_LINES:
            problems.append(f"{name}: {lines} lines, more than {HARD_LINES}")
        elif lines > SOFT_LINES and name not in LONG_MODULES:
            problems.append(f"{name}: {lines} lines, more than {SOFT_LINES} without a reason")
    return problems


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines without the signature and the docstring: what somebody has to follow."""
    first = function.body[1] if ast.get_docstring(function) is not None and len(function.body) > 1 else function.body[0]
    return (function.end_lineno or 0) - first.lineno + 1


def long_functions(root: Path) -> list[str]:
    problems = []
    for path in python_files(root):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name, lines = f"{relative(path, root)}:{node.name}", body_lines(node)
                if lines > FUNCTION_LINES and name not in LONG_FUNCTIONS:
                    problems.append(f"{name}: {lines} lines, more than {FUNCTION_LINES} without a reason")
    return problems


def test_modules_are_short() -> None:
    assert long_modules(ROOT) == []


def test_functions_are_short() -> None:
    assert long_functions(ROOT) == []


def test_every_exception_still_exists_and_needs_one() -> None:
    for name in LONG_MODULES:
        assert len((ROOT / name).read_text().splitlines()) > SOFT_LINES
    for name in LONG_FUNCTIONS:
        assert (ROOT / name.partition(":")[0]).is_file()


@pytest.mark.parametrize(("lines", "limit"), [(HARD_LINES + 1, HARD_LINES), (SOFT_LINES + 1, SOFT_LINES)])
def test_a_long_module_is_caught(tmp_path: Path, lines: int, limit: int) -> None:
    module = tmp_path / "natscope" / "long.py"
    module.parent.mkdir()
    module.write_text("pass\n" * lines)
    assert [p for p in long_modules(tmp_path) if f"more than {limit}" in p]


def test_a_long_function_is_caught(tmp_path: Path) -> None:
    module = tmp_path / "natscope" / "long.py"
    module.parent.mkdir()
    module.write_text("async def long():\n    'Says what.'\n" + "    pass\n" * (FUNCTION_LINES + 1))
    assert long_functions(tmp_path) == [f"natscope/long.py:long: 61 lines, more than {FUNCTION_LINES} without a reason"]
