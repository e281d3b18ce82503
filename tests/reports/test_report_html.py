"""The HTML report: well-formed, loads and runs nothing, readable in both palettes, and says what the terminal says."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import msgspec
import pytest

from natscope.cli.drawing import peers_of
from natscope.model.report import SIMULATED
from natscope.plugins.report_format import RenderOptions
from natscope_reports._html.stages import way
from natscope_reports._html.style import DARK, LIGHT, POLICY, SHEET
from natscope_reports.report_html import render
from tests.reports.drawing import scene
from tests.reports.scenes import names
from tests.reports.test_format_contract import with_texts

VOID = {"meta", "rect", "line", "path"}
TEXT_ON = ("bg", "soft", "card", "ok-bg", "look-bg", "bad-bg")
ATTACKS = (
    '"><script>alert(1)</script>',
    "</title><script>",
    "'onload=x '",
    "javascript:alert(1)",
    "</style>",
    "--><b>",
)


class Page(HTMLParser):
    """Collects what the tests ask, and checks that elements are nested."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        told = {name: value or "" for name, value in attrs}
        self.attributes |= set(told)
        self.ids += [told["id"]] if "id" in told else []
        self.links += [told["href"]] if "href" in told else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append(data)


def parsed(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


def check(text: str) -> Page:
    page = parsed(text)
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert not page.tags & {"script", "img", "link", "iframe", "object", "embed", "form", "base"}
    assert not {name for name in page.attributes if name.startswith("on") or name in ("src", "style", "srcset")}
    return page


@pytest.mark.parametrize("name", names())
def test_it_is_whole_and_loads_nothing(name: str) -> None:
    check(render(scene(name), RenderOptions()))


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_stay_text(attack: str) -> None:
    text = render(with_texts(scene("mapping-varies"), lambda words: f"{attack}{words}"), RenderOptions())
    parsed(text)
    assert "<script" not in text
    assert text.count("<style>") == text.count("</style>") == 1


def test_the_policy_allows_its_style_and_nothing_else() -> None:
    text = render(scene("healthy"), RenderOptions())
    assert f'content="{POLICY}"' in text
    assert f"<style>{SHEET}</style>" in text
    assert "url(" not in SHEET
    assert "@import" not in SHEET


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["fg", "dim", "ok", "look", "bad", "accent"])
def test_text_has_contrast(palette: dict[str, str], ink: str) -> None:
    grounds = [name for name in TEXT_ON if not (ink == "accent" and name.endswith("-bg"))]
    assert all(contrast(palette[ink], palette[ground]) >= 4.5 for ground in grounds), ink


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name", names())
def test_the_findings_stand_in_the_terminals_order(name: str) -> None:
    report = scene(name)
    text = render(report, RenderOptions())
    ids = re.findall(r"<span><code>(NS-[A-Z0-9]+-\d+)</code></span>", text)
    assert ids == [finding.id for finding in report.findings]


def test_the_picture_says_where_packets_die() -> None:
    found = way(scene("mapping-varies"))
    assert found is not None
    assert [stage.name for stage in found.stages if stage.stops] == ["your router"]
    blocked = way(scene("udp-blocked"))
    assert blocked is not None
    assert [stage.name for stage in blocked.stages if stage.stops] == ["a firewall"]
    assert not blocked.over_udp
    carried = way(scene("proxy-tunnel"))
    assert carried is not None
    assert [stage.name for stage in carried.stages] == ["this computer", "a proxy program"]


def test_the_picture_of_a_good_network_stops_nothing() -> None:
    found = way(scene("healthy"))
    assert found is not None
    assert not any(stage.stops for stage in found.stages)
    assert 'class="l-bad"' not in render(scene("healthy"), RenderOptions())


def test_nothing_is_drawn_where_nothing_is_known() -> None:
    assert way(scene("no-network")) is None
    assert "Where packets go" not in render(scene("no-network"), RenderOptions())


def test_whom_one_reaches_stands_behind_what_to_do_with_its_reasons() -> None:
    report = scene("mapping-varies-with-ipv6")
    page = render(report, RenderOptions(peers=peers_of(report)))
    parsed_page = check(page)
    assert parsed_page.headings.index("Whom you reach directly") > parsed_page.headings.index(
        "What to do, worst problem first"
    )
    rows = page.partition('id="peers"')[2].partition("</table>")[0]
    assert rows.count("<tr>") == 6
    assert re.search(r"a server with a public address, or an open port</th><td><span[^>]*>✓ direct", rows)
    assert "random ports</th><td>not known</td>" in rows
    assert re.search(r"drops UDP</th><td><span[^>]*>✗ relayed", rows)


def test_where_nothing_is_known_of_peers_there_is_no_table() -> None:
    report = scene("captive-portal")
    assert "Whom you reach" not in render(report, RenderOptions(peers=peers_of(report)))
    assert "Whom you reach" not in render(report, RenderOptions())


def test_the_last_line_says_how_to_measure_again_but_for_a_network_that_is_not_here() -> None:
    report = scene("healthy")
    page = render(report, RenderOptions(again=" -4 --profile '<b>'"))
    assert (
        "To measure again: <code>natscope netcheck --derp-map derp.json -4 --profile &#x27;&lt;b&gt;&#x27;</code>"
        in page
    )
    host = msgspec.structs.replace(report.host, os=SIMULATED)
    assert "To measure again" not in render(msgspec.structs.replace(report, host=host), RenderOptions())


def test_a_card_says_what_would_tell_more() -> None:
    words = "Would tell more: your router&#x27;s own outside address (natscope netcheck --full)."
    assert words in render(scene("double-nat-possible"), RenderOptions())
    assert "Would tell more" not in render(scene("double-nat"), RenderOptions())
