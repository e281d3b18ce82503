"""What is not known has its reason and the flag that would tell."""

from __future__ import annotations

from natscope.model.report import NotMeasured
from natscope_reports._text import not_measured
from tests.reports.drawing import lines, scene

LONG = NotMeasured(
    what="who may write to your public port (filtering)",
    reason="plain relays cannot show it: that takes a server with two addresses",
)


def test_the_flag_stands_behind_the_reason() -> None:
    report = scene("healthy", not_measured=(NotMeasured(what="HTTPS", reason="only on demand", flag="--https"),))
    assert lines(not_measured.draw, report) == ["Not measured", "  – HTTPS  only on demand: --https"]


def test_both_columns_wrap_and_nothing_is_cut() -> None:
    assert lines(not_measured.draw, scene("healthy", not_measured=(LONG,))) == [
        "Not measured",
        "  – who may write to your public port   plain relays cannot show it: that",
        "    (filtering)                         takes a server with two addresses",
    ]


def test_narrow_pages_put_the_reason_below() -> None:
    drawn = lines(not_measured.draw, scene("healthy", not_measured=(LONG,)), width=50)
    assert drawn[1] == "  – who may write to your public port (filtering)"
    assert drawn[2] == "      plain relays cannot show it: that takes a"


def test_what_a_finding_hides_stands_first_with_its_id() -> None:
    drawn = lines(not_measured.draw, scene("udp-blocked"))
    assert drawn[:2] == ["Could not be judged because of NS-UDP-01", "  – how your router translates (NAT type)"]


def test_nothing_is_drawn_when_all_is_known() -> None:
    assert lines(not_measured.draw, scene("healthy", not_measured=())) == []
