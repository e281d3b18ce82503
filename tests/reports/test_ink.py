"""Sheet, wrapping and the two alphabets."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.plugins.clean import cells, clean
from natscope.plugins.report_format import RenderOptions
from natscope_reports import text
from natscope_reports._text.ink import ASCII, FAINT, GOOD, UNICODE, Sheet, wrap
from tests.reports.scenes import load, names


def sheet(**options: object) -> Sheet:
    return Sheet(RenderOptions(**options))  # type: ignore[arg-type]


def test_a_line_is_cut_at_the_width_and_has_no_blanks_at_its_end() -> None:
    page = sheet(width=20)
    page.line(("x" * 15, FAINT), ("y" * 15, GOOD))
    page.line(("x", FAINT), ("     ", GOOD))
    assert page.render() == "x" * 15 + "yyyy…\nx\n"


def test_blank_lines_never_double_and_never_open_the_page() -> None:
    page = sheet()
    page.blank()
    page.line(("a", ""))
    page.blank()
    page.blank()
    page.line(("b", ""))
    assert page.render() == "a\n\nb\n"


def test_a_paragraph_stays_within_prose_width_on_wide_pages() -> None:
    page = sheet(width=200)
    page.paragraph("word " * 60, 4)
    rows = page.render().splitlines()
    assert max(map(len, rows)) <= 78
    assert all(row.startswith("    word") for row in rows)


def test_first_stands_in_the_indent() -> None:
    page = sheet()
    page.paragraph("a b", 4, first=("-", FAINT))
    assert page.render() == "-   a b\n"


def test_colour_is_only_on_what_was_styled_and_ends_there() -> None:
    page = sheet(colour=True)
    page.line(("ok", GOOD), (" rest \x1b[31m", ""))
    assert page.render() == "\x1b[32mok\x1b[0m rest \\x1b[31m\n"


def test_foreign_markup_is_text() -> None:
    page = sheet(colour=True)
    page.line(("[bold]x[/bold] :smile:", ""))
    assert page.render() == "[bold]x[/bold] :smile:\n"


@given(st.text(max_size=120), st.integers(6, 40))
def test_wrapping_loses_nothing_but_blanks(foreign: str, width: int) -> None:
    cleaned = clean(foreign)
    rows = list(wrap(cleaned, width))
    assert "".join(rows).replace(" ", "") == cleaned.replace(" ", "")
    assert all(cells(row) <= width for row in rows)


def test_wrapping_breaks_at_blanks() -> None:
    assert list(wrap("aa bb cccccc", 5)) == ["aa bb", "ccccc", "c"]
    assert list(wrap("", 5)) == []


SIGNS = {"✓", "!", "✗", "?", "·", "–", "→", "warn", "fail", "info"}
ASCII_SIGNS = {"[ok]", "[!!]", "[FAIL]", "[??]", "[i]", "-", "->", "|", "x", "fail", "warn", "info"}


def words(line: str, signs: set[str]) -> list[str]:
    found = [word.replace("…", "...").replace("`---", "└───") for word in line.split()]
    return [word for word in found if word not in signs and not re.fullmatch(r"[━╸─=\-]+", word)]


@pytest.mark.parametrize("name", [name for name in names() if name != "hostile-names"])
@pytest.mark.parametrize("verbosity", [0, 1])
def test_the_ascii_form_has_the_same_lines_and_the_same_words(name: str, verbosity: int) -> None:
    report = load(name)
    drawn = text.render(report, RenderOptions(verbosity=verbosity, exit_code=0)).splitlines()
    plain = text.render(report, RenderOptions(verbosity=verbosity, exit_code=0, ascii_only=True)).splitlines()
    assert len(plain) == len(drawn)
    for left, right in zip(plain, drawn, strict=True):
        plain_words, drawn_words = words(left, ASCII_SIGNS), words(right, SIGNS)
        if drawn_words != plain_words:  # a foreign text was cut, with an ellipsis of another width
            at = next(i for i, (a, b) in enumerate(zip(plain_words, drawn_words, strict=False)) if a != b)
            assert plain_words[at].endswith("...")
            assert (plain_words[at + 1 :] == drawn_words[at + 1 :]) or at == len(plain_words) - 1


def test_the_alphabets_are_complete() -> None:
    assert all(sign.isascii() for sign in (getattr(ASCII, name) for name in ASCII.__slots__))
    assert all(len(getattr(alphabet, "dead")) == 1 for alphabet in (ASCII, UNICODE))  # noqa: B009


def test_rich_is_imported_only_for_colours() -> None:
    code = (
        "import sys; from tests.reports.scenes import load; from natscope_reports import text\n"
        "from natscope.plugins.report_format import RenderOptions\n"
        "text.render(load('healthy'), RenderOptions()); before = 'rich' in sys.modules\n"
        "text.render(load('healthy'), RenderOptions(colour=True)); print(before, 'rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
