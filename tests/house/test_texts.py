"""What may not stand in a tracked file, and what must stand in each."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, python_files, relative, tracked_files

FORBIDDEN = {
    "a path of somebody's machine": re.compile(
        r"(?<![\w.$}])/(?:home|work|Users)/(?!natscope\b)\w+|(?<![\w$}])/root/\w"
    ),
    "the host of a package registry": re.compile(
        r"\b(?:pypi\.org|pythonhosted\.org|crates\.io|proxy\.golang\.org|registry\.npmjs\.org|deb\.debian\.org)\b"
    ),
    "a type: ignore without its code": re.compile(r"#\s*type:\s*ignore(?!\[[a-z-]+(?:,\s*[a-z-]+)*\])"),
    "a noqa without its code": re.compile(r"#\s*noqa(?!:\s*[A-Z]+\d+)"),
    "a conflict marker": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}
EXCEPT = {"tests/house/test_texts.py"}
"""This file names what it looks for."""

MAX_TEXT_BYTES = 2_000_000


def read(path: Path) -> str | None:
    """The text of a file, None for what is no text or is a recording too large to matter."""
    if path.is_symlink() or path.stat().st_size > MAX_TEXT_BYTES:
        return None
    data = path.read_bytes()
    return None if b"\0" in data else data.decode(errors="replace")


def forbidden_in(text: str) -> list[str]:
    return [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_has(what: str) -> None:
    names = [p for p in tracked_files() if relative(p) not in EXCEPT]
    assert [relative(p) for p in names if (text := read(p)) is not None and FORBIDDEN[what].search(text)] == []


SAMPLES = {
    "x = '/home/ana/natscope'": "a path of somebody's machine",
    "open('/root/x')": "a path of somebody's machine",
    "pip install -i https://pypi" + ".org/simple": "the host of a package registry",
    "x = 1  # type: ignore": "a type: ignore without its code",
    "x = 1  # noqa": "a noqa without its code",
    "<<<<<<< HEAD": "a conflict marker",
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_forbidden_text_is_caught(sample: str) -> None:
    assert forbidden_in(sample) == [SAMPLES[sample]]


def test_what_is_allowed_is_not_caught() -> None:
    fine = "/home/natscope-ci x  # type: ignore[attr-defined]\ny  # noqa: TID251\n$HOME/root/x"
    assert forbidden_in(fine) == []


def without_docstring(paths: list[Path], root: Path) -> list[str]:
    """Modules whose docstring is missing or says nothing in its first line."""
    problems = []
    for path in paths:
        first = (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]
        if len(first) < 5:
            problems.append(relative(path, root))
    return problems


def test_every_module_says_in_its_first_line_what_it_is() -> None:
    assert without_docstring(python_files(), ROOT) == []


def test_a_module_without_docstring_is_caught(tmp_path: Path) -> None:
    module = tmp_path / "bare.py"
    module.write_text("x = 1\n")
    assert without_docstring([module], tmp_path) == ["bare.py"]


VAGUE = {"utils", "helpers", "common", "misc", "manager", "base", "util", "helper"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [relative(p) for p in python_files() if p.stem in VAGUE] == []


def test_licence_is_bsd() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("BSD 3-Clause License")
    assert "Neither the name of the copyright holder" in text
