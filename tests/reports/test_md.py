"""Markdown: what a reader of GitHub sees, and that strangers' names cannot become links, mentions or HTML."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from natscope.plugins.clean import clean
from natscope.plugins.report_format import RenderOptions
from natscope_reports._markdown import code, plain
from natscope_reports.md import render
from tests.reports.drawing import scene
from tests.reports.test_format_contract import with_texts

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {"<details><summary>", "</summary>", "</details>", "<sub>", "</sub>", "<!-- -->"}
ATTACKS = (
    "[click](http://evil.example)",
    "![x](http://evil.example/x.png)",
    "<img src=x onerror=alert(1)>",
    "<details>",
    "@everyone",
    "see #12 and !34 and %5",
    "http://evil.example/ www.evil.example a@evil.example",
    "| cell | break |",
    "`code` ``more``",
    "$x^2$ ~~gone~~ **bold** __bold__ \\",
    "&lt;b&gt; &#64;user",
    "# heading",
    "1. item",
    "- item",
)


def tokens(text: str) -> list[Token]:
    found = []
    for token in PARSER.parse(text):
        found += [token, *(token.children or [])]
    return found


def shown(text: str) -> str:
    """What a reader sees of one line."""
    return "".join(t.content for t in tokens(text) if t.type in ("text", "code_inline"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_strangers_text_is_shown_as_it_is(attack: str) -> None:
    assert shown(plain(attack)) == attack
    assert {t.type for t in tokens(plain(attack))} <= {
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "html_inline",
    }
    assert "\\|" in plain("|"), "a cell ends at a bar"


@given(st.text())
def test_any_text_is_shown_as_it_is(text: str) -> None:
    wanted = clean(text).strip()
    assert shown(plain(wanted)) == wanted


@given(st.text(min_size=1))
def test_a_code_span_holds_any_text(text: str) -> None:
    wanted = clean(text).replace("|", "/")
    assert [t.content.strip() for t in tokens(code(wanted)) if t.type == "code_inline"] in ([wanted.strip()], [])


@pytest.mark.parametrize(
    "word", ["@user", "#12", "!3", "%4", "~label", "$5", "http://evil.example", "www.evil.example", "mailto:a", "GH-26"]
)
def test_a_reference_is_broken(word: str) -> None:
    assert word not in plain(f"see {word} there").replace("\\", "")


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_report_full_of_attacks_has_no_link_and_only_our_html(attack: str) -> None:
    text = render(with_texts(scene("mapping-varies"), lambda _: attack), RenderOptions())
    kinds = {t.type for t in tokens(text)}
    assert not kinds & {"link_open", "image", "s_open", "math_inline"}
    html = "".join(t.content for t in tokens(text) if t.type in ("html_inline", "html_block"))
    assert set(re.findall(r"<[^>]*>", html)) - {"<details>", "<summary>", "</summary>", "</details>"} <= OURS


def test_the_first_line_is_the_answer_and_the_last_the_cost() -> None:
    lines = render(scene("udp-blocked"), RenderOptions(exit_code=1)).splitlines()
    assert lines[0] == "## ✗ Direct: no. This network drops UDP, so everything goes through a relay."
    assert "exit 1" in lines[-1]


def test_every_finding_has_its_fixes_and_id() -> None:
    report = scene("double-nat")
    text = render(report, RenderOptions())
    for finding in report.findings:
        assert finding.id in text
        assert all(plain(fix.do) in text for fix in finding.fixes)


def test_it_stays_below_what_a_comment_may_hold() -> None:
    assert len(render(scene("many-regions"), RenderOptions())) < 200_000
    assert len(render(scene("double-nat"), RenderOptions())) < 65_536


def test_what_would_tell_more_stands_behind_the_fixes() -> None:
    text = render(scene("double-nat-possible"), RenderOptions())
    assert "\n\nWould tell more: your router's own outside address (natscope netcheck --full)." in text
    assert "Would tell more" not in render(scene("double-nat"), RenderOptions())
