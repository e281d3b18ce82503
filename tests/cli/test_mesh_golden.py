"""The screens of `natscope status` and `natscope path` look as they did; the ASCII form has the same words."""

from __future__ import annotations

import re

import pytest

from tests.cli.mesh_goldens import GOLDEN, drawn

TEXTS = drawn()
SGR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_golden(name: str) -> None:
    assert TEXTS[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_no_golden_is_left_over() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == set(TEXTS)


@pytest.mark.parametrize("name", sorted(set(TEXTS) - {"mesh.json", "mesh-140-columns.txt", "mesh-colour.txt"}))
def test_nothing_but_a_command_is_wider_than_its_screen(name: str) -> None:
    width = 50 if "50" in name else 80
    assert [line for line in TEXTS[name].splitlines() if len(line) > width and not line.startswith("  Next: ")] == []


def words(text: str) -> list[str]:
    """Without signs, arrows and dashes."""
    plain = re.sub(r"\[(ok|!!|FAIL|\?\?)\]|->|[→·–✓!✗?|]", " ", text)
    return [word for word in plain.split() if word != "-"]


@pytest.mark.parametrize(("unicode", "ascii_only"), [("mesh.txt", "mesh-ascii.txt"), ("path.txt", "path-ascii.txt")])
def test_ascii_says_the_same(unicode: str, ascii_only: str) -> None:
    assert TEXTS[ascii_only].isascii()
    assert words(TEXTS[ascii_only]) == words(TEXTS[unicode])


def test_colour_changes_no_word() -> None:
    assert TEXTS["mesh-colour.txt"] != TEXTS["mesh.txt"]
    assert SGR.sub("", TEXTS["mesh-colour.txt"]) == TEXTS["mesh.txt"]


def test_the_first_screen_of_a_saved_mesh_answers_why_and_what_to_do() -> None:
    screen = TEXTS["saved-symmetric.txt"]
    assert len(screen.splitlines()) <= 24
    assert "your router: random ports" in screen
    assert "symmetric NAT" in screen
    assert "  → " in screen
    assert "Next: natscope path alice" in screen
