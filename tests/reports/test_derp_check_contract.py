"""What every format of a check promises: it never fails, is pure, and draws nothing that a terminal would obey."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.model.derp_check import DerpCheck
from natscope.plugins.loader import REPORTS, find, load
from natscope.plugins.report_format import DERP_CHECK, Format, RenderOptions
from natscope_reports import derp_check_text
from tests.plugins.test_clean import DANGEROUS, NAMES
from tests.reports.derp_check_goldens import GOLDEN, drawn
from tests.reports.derp_check_scenes import SCENES, STORED, names, stored_text
from tests.reports.derp_check_scenes import load as load_check
from tests.reports.test_format_contract import DRAWINGS, check, with_texts

FORMATS = [
    module
    for module in (load(found, "FORMAT") for found in find(REPORTS).modules if found.builtin)
    if module.FORMAT.document == DERP_CHECK
]
IDS = [module.FORMAT.name for module in FORMATS]
DRAWN = drawn()
FEW = DRAWINGS[1:4] + DRAWINGS[6:]
UP_TO_DATE = ("healthy", "nothing-answered")
"""Scenes that are run again here: the others cost too much and say no more."""


def test_the_formats_are_found_by_their_names() -> None:
    assert sorted(IDS) == ["json", "junit", "text"]
    for module in FORMATS:
        shape = module.FORMAT
        assert isinstance(shape, Format)
        assert module.__name__.rpartition(".")[2] == f"derp_check_{shape.name}"
        assert re.fullmatch(r"[a-z]+/[a-z]+", shape.media_type)
        assert shape.summary


@pytest.mark.parametrize("name", DRAWN)
def test_golden(name: str) -> None:
    assert (GOLDEN / name).read_text(encoding="utf-8") == DRAWN[name]


def test_no_golden_is_left_over() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir()) == sorted(DRAWN)
    assert names() == sorted(SCENES)


@pytest.mark.parametrize("name", UP_TO_DATE)
def test_the_stored_checks_are_up_to_date(name: str) -> None:
    stored = (STORED / f"{name}.json").read_text(encoding="utf-8")
    assert stored_text(name) == stored, "run: python -m tests.reports.derp_check_scenes"


@pytest.mark.parametrize("name", names())
def test_every_stored_check_is_drawn_safely_and_the_same_twice(name: str) -> None:
    document = load_check(name)
    for module in FORMATS:
        for options in DRAWINGS if module.FORMAT.for_terminal else DRAWINGS[:1]:
            text = module.render(document, options)
            check(text, options, module.FORMAT)
            assert module.render(document, options) == text


@pytest.mark.parametrize("attack", NAMES)
def test_one_attack_in_every_text(attack: str) -> None:
    document: DerpCheck = with_texts(load_check("expired"), lambda text: attack)
    for module in FORMATS:
        for options in FEW if module.FORMAT.for_terminal else FEW[:1]:
            check(module.render(document, options), options, module.FORMAT)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(["many", "drops"]), DANGEROUS, st.sampled_from(DRAWINGS))
def test_any_attack_beside_the_real_text(name: str, attack: str, options: RenderOptions) -> None:
    document: DerpCheck = with_texts(load_check(name), lambda text: text + attack)
    for module in FORMATS:
        check(module.render(document, options), options, module.FORMAT)


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("width", [100, 80])
def test_the_ascii_form_has_the_same_words(name: str, width: int) -> None:
    """Signs and separators apart."""
    document = load_check(name)
    unicode = derp_check_text.render(document, RenderOptions(width=width))
    ascii_only = derp_check_text.render(document, RenderOptions(width=width, ascii_only=True))
    assert words(unicode) == words(ascii_only)


def words(text: str) -> list[str]:
    """Without signs."""
    text = re.sub(r"\[(ok|!!|FAIL|\?\?|i)\]|\b(ok|warn|fail|info|FAIL)\b", " ", text)
    return re.findall(r"[a-z0-9.]{2,}", text.replace("…", "...").replace("...", "").lower())
