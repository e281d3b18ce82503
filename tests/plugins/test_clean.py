"""Foreign text comes out drawable, whatever goes in."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from natscope.plugins.clean import MAX_COMBINING, cells, clean

HOSTILE = json.loads((Path(__file__).parents[2] / "fixtures" / "hostile" / "names.json").read_text(encoding="utf-8"))
NAMES = [entry["text"] for entry in HOSTILE]

ANY_TEXT = st.text(st.characters(), max_size=60) | st.sampled_from(NAMES)
DANGEROUS = st.text(
    st.sampled_from("\x00\x1b\x7f\x85\x9b\u200b\u200d\u202e\u2028\u2066\ufeff\ufe0f\u0301\ud800\U000e0041ab法😀🇩 "),
    max_size=40,
)


def is_harmless(text: str) -> bool:
    return not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for char in text)


@pytest.mark.parametrize("entry", HOSTILE, ids=[entry["why"] for entry in HOSTILE])
@pytest.mark.parametrize("width", [None, 0, 1, 5, 20])
def test_hostile_names_are_drawable_and_fit(entry: dict[str, str], width: int | None) -> None:
    drawn = clean(entry["text"], width)
    assert is_harmless(drawn)
    drawn.encode("utf-8")
    assert width is None or cells(drawn) <= width


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\u202eb", r"a\u202eb"),
        ("\udc80", r"\udc80"),
        ("\U000e0041", r"\U000e0041"),
        ("Zürich 東京 ☁", "Zürich 東京 ☁"),
        ("\u0301x", "◌\u0301x"),
        ("e" + "\u0301" * 9, "e" + "\u0301" * MAX_COMBINING),
        ("one\ntwo", r"one\x0atwo"),
    ],
)
def test_what_is_drawn(text: str, drawn: str) -> None:
    assert clean(text) == drawn


@pytest.mark.parametrize(
    ("text", "width", "drawn"),
    [
        ("Frankfurt", 9, "Frankfurt"),
        ("Frankfurt", 8, "Frankfu…"),
        ("Frankfurt", 1, "…"),
        ("Frankfurt", 0, ""),
        ("東京東京", 5, "東京…"),
        ("東京東京", 4, "東…"),
        ("ab\x1bcd", 5, "ab…"),
        ("ab\x1b", 6, r"ab\x1b"),
    ],
)
def test_cut(text: str, width: int, drawn: str) -> None:
    assert clean(text, width) == drawn


def test_ascii_only() -> None:
    assert clean("Zürich…", ascii_only=True) == r"Z\xfcrich\u2026"
    assert clean("Frankfurt", 8, ascii_only=True) == "Frank..."
    assert clean("\u0301", ascii_only=True) == r"\u0301"


@given(ANY_TEXT | DANGEROUS)
def test_nothing_dangerous_is_left(text: str) -> None:
    drawn = clean(text)
    assert is_harmless(drawn)
    assert clean(drawn) == drawn
    assert clean(text, ascii_only=True).isascii()


@example("\x1b\ufe0f" * 3, 30, False)
@example("\ufe0fx", 2, False)
@given(ANY_TEXT | DANGEROUS, st.integers(0, 30), st.booleans())
def test_never_wider_than_asked(text: str, width: int, ascii_only: bool) -> None:
    drawn = clean(text, width, ascii_only=ascii_only)
    assert is_harmless(drawn)
    assert cells(drawn) <= width
    assert cell_len(drawn) <= width
    assert clean(drawn, width, ascii_only=ascii_only) == drawn


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"])))
def test_plain_text_stays(text: str) -> None:
    assert clean(text) == text
