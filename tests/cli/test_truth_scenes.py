"""The lab's scenarios through the stand-in daemon, explained by the engine: screens and exit codes as they were."""

from __future__ import annotations

from functools import cache

import pytest

from tests.cli.truth_scenes import GOLDEN, SCENES, drawn


@cache
def shown(name: str) -> tuple[str, tuple[int, int, int]]:
    return drawn(SCENES[name])


@pytest.mark.parametrize("name", SCENES)
def test_what_is_drawn(name: str) -> None:
    assert shown(name)[0] == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SCENES)
def test_exit_codes(name: str) -> None:
    assert shown(name)[1] == SCENES[name].codes


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pair-cones", "✓ Direct after 2.0 s, 31.0 ms faster than through the relay"),
        ("pair-symmetric", "The cause is on both sides."),
        ("pair-cone-symmetric", "The cause is on bob's side."),
        ("pair-symmetric-cone", "The cause is on your side."),
        ("offline", "✗ No answer: bob is not connected to the control server"),
        ("expired-key", "✗ No answer: the key of bob expired 1 d ago"),
    ],
)
def test_the_answer(name: str, words: str) -> None:
    """Also where somebody writes the golden files again without a look at them."""
    assert words in shown(name)[0]


def test_no_golden_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(SCENES)
