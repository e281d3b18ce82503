"""Counts, lists and sentences."""

from __future__ import annotations

import pytest

from natscope.diagnosis.words import as_sentence, counted, enumerated


def test_counted() -> None:
    assert [counted(n, "relay") for n in (0, 1, 2, 1024)] == ["0 relays", "1 relay", "2 relays", "1,024 relays"]


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (list("abcdef"), "a, b, c, d and 2 more"),
    ],
)
def test_enumerated(items: list[str], text: str) -> None:
    assert enumerated(items) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ""),
        ("no answer", "No answer."),
        ("Done.", "Done."),
        ("https://x/ is a URL", "https://x/ is a URL."),
        ("why?", "Why?"),
        ("$.regions[0]: wrong", "$.regions[0]: wrong."),
    ],
)
def test_as_sentence(text: str, sentence: str) -> None:
    assert as_sentence(text) == sentence
