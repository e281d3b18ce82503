"""What every format promises: it never fails, is pure, and draws nothing that a terminal would obey or hide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from natscope.model.report import Report
from natscope.plugins.loader import REPORTS, PluginModule, find, load
from natscope.plugins.report_format import REPORT, Format, RenderOptions
from tests.plugins.test_clean import DANGEROUS, NAMES
from tests.reports.scenes import load as load_report
from tests.reports.scenes import names


def is_of_reports(module: PluginModule) -> bool:
    """Formats of other documents have contracts of their own (`test_derp_check_contract.py`)."""
    return bool(load(module, "FORMAT").FORMAT.document == REPORT)


FORMATS = [load(module, "FORMAT") for module in find(REPORTS).modules if module.builtin and is_of_reports(module)]
IDS = [module.FORMAT.name for module in FORMATS]
OURS = re.compile(r"\x1b\[(?:0|1|2|31|32|33|36)m")
"""The control sequences that the terminal report may use: reset, bold, faint and four colours."""
DRAWINGS = [
    RenderOptions(width=width, colour=colour, ascii_only=ascii_only, verbosity=verbosity, exit_code=1)
    for width, colour, ascii_only, verbosity in (
        (80, False, False, 0),
        (80, True, False, 1),
        (80, False, True, 2),
        (80, True, True, 0),
        (120, False, False, 2),
        (60, False, False, 1),
        (40, True, False, 0),
        (20, False, True, 1),
        (80, False, False, -1),
    )
]


def drawings(module: ModuleType, *, few: bool = False) -> list[RenderOptions]:
    """Width, colour and alphabet are for terminals: other formats are drawn once."""
    if not module.FORMAT.for_terminal:
        return DRAWINGS[:1]
    return DRAWINGS[:3] if few else DRAWINGS


def dangerous_in(text: str) -> set[str]:
    bad = {char for char in set(text) if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    return bad - {"\n", "\t"}


def check(text: str, options: RenderOptions, shape: Format) -> None:
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    plain = OURS.sub("", text) if options.colour and shape.for_terminal else text
    assert dangerous_in(plain) == set()
    text.encode("utf-8")
    if shape.for_terminal:
        assert "\t" not in plain
        page = [line for line in plain.splitlines() if not line.startswith("Next: ")]  # that is copied, so never cut
        assert max(cell_len(line) for line in page) <= options.width
        assert all(line == line.rstrip(" ") for line in plain.splitlines())
        assert plain.isascii() or not options.ascii_only


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """A struct with every free text in it changed; enums and numbers stay."""
    if type(value) is str:
        return change(value)
    if isinstance(value, msgspec.Struct):
        return type(value)(**{name: with_texts(getattr(value, name), change) for name in value.__struct_fields__})
    if isinstance(value, tuple | list):
        return type(value)(with_texts(item, change) for item in value)
    if isinstance(value, dict):
        return {with_texts(key, change): with_texts(item, change) for key, item in value.items()}
    return value


def test_the_formats_are_found() -> None:
    assert sorted(IDS) == [
        *("csv", "github", "html", "json", "junit", "md", "otlp", "prom", "tailscale-json", "tap", "text"),
    ]


@pytest.mark.parametrize("module", FORMATS, ids=IDS)
def test_a_format_is_whole(module: ModuleType) -> None:
    shape = module.FORMAT
    assert isinstance(shape, Format)
    assert re.fullmatch(r"[a-z][a-z0-9-]*", shape.name)
    assert "/" in shape.media_type
    assert shape.summary
    assert not shape.extension.startswith(".")
    stem = module.__name__.rpartition(".")[2]
    assert stem.removeprefix("report_").replace("_", "-") == shape.name, "the command line finds it by this"


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("module", FORMATS, ids=IDS)
def test_every_stored_report_is_drawn_safely_and_the_same_twice(module: ModuleType, name: str) -> None:
    report = load_report(name)
    for options in drawings(module, few=name == "many-regions"):
        text = module.render(report, options)
        check(text, options, module.FORMAT)
        assert module.render(report, options) == text


@pytest.mark.parametrize("module", FORMATS, ids=IDS)
@pytest.mark.parametrize("attack", NAMES)
def test_one_attack_in_every_text(module: ModuleType, attack: str) -> None:
    report: Report = with_texts(load_report("udp-blocked"), lambda text: attack)
    for options in drawings(module):
        check(module.render(report, options), options, module.FORMAT)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["wrong-certificate", "interrupted", "several-addresses"]), DANGEROUS, st.sampled_from(DRAWINGS))
def test_any_attack_beside_the_real_text(name: str, attack: str, options: RenderOptions) -> None:
    report: Report = with_texts(load_report(name), lambda text: text + attack)
    for module in FORMATS:
        check(module.render(report, options), options, module.FORMAT)


def test_an_attack_that_got_through_would_be_seen() -> None:
    for attack in ("\x1b[31m", "\u202e", "\x9b", "\u2028"):
        with pytest.raises(AssertionError):
            check(f"{attack}\n", DRAWINGS[0], FORMATS[IDS.index("text")].FORMAT)
    with pytest.raises(AssertionError):
        check("x" * 81 + "\n", DRAWINGS[0], FORMATS[IDS.index("text")].FORMAT)
