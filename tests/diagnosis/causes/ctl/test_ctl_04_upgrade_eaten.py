"""NS-CTL-04: a page that answers, an upgrade that does not, and the same request without it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.diagnosis.causes.ctl import ctl_04_upgrade_eaten as cause
from natscope.model.finding import Certainty
from natscope.model.report import Report
from tests.diagnosis.judging import claim, found, scene

ID = "NS-CTL-04"


def changed(**fields: Any) -> Report:
    """The scene with another second relay; `elsewhere` is the answer of the others."""
    elsewhere = fields.pop("elsewhere", 101)
    report = scene("upgrade-eaten")
    assert report.web is not None
    first, second, third = report.web.nodes
    nodes = tuple(
        msgspec.structs.replace(node, upgrade=elsewhere) if node is not second
        else msgspec.structs.replace(node, **fields)
        for node in (first, second, third)
    )  # fmt: skip
    return msgspec.structs.replace(report, web=msgspec.structs.replace(report.web, nodes=nodes))


def test_the_relay_is_named_and_it_is_certain() -> None:
    finding = found(scene("upgrade-eaten"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.title == (
        "fra (2a): a web server in front of it does not pass on the switch to the relay protocol (HTTP Upgrade), "
        "so no client gets in."
    )
    assert finding.detail == (
        "The page answers; GET /derp with `Upgrade: DERP` gets HTTP 426 where 101 is due, and without Upgrade the same."
    )
    assert len(finding.evidence) == 1


@pytest.mark.parametrize(
    ("fields", "certainty"),
    [
        ({"upgrade_left_out": None}, Certainty.LIKELY),
        ({"upgrade_left_out": 200}, Certainty.LIKELY),
        ({"elsewhere": None}, Certainty.LIKELY),
        ({"elsewhere": None, "upgrade_left_out": None}, Certainty.POSSIBLE),
        ({"upgrade": 301, "upgrade_left_out": 301}, Certainty.CERTAIN),
        ({"status": 404}, Certainty.CERTAIN),
    ],
)
def test_how_certain(fields: dict[str, Any], certainty: Certainty) -> None:
    assert found(changed(**fields))[ID].certainty is certainty


@pytest.mark.parametrize(
    "fields",
    [{"upgrade": 101}, {"upgrade": None}, {"upgrade": 502}, {"upgrade": 404}, {"upgrade": 400, "status": 404}],
)
def test_silent(fields: dict[str, Any]) -> None:
    assert claim(changed(**fields), ID) is None


def test_a_page_that_does_not_answer_is_not_said_to() -> None:
    assert found(changed(status=404))[ID].detail.startswith("GET /derp with ")


def test_the_lines_are_in_the_page() -> None:
    (screen, _) = cause.CAUSE.fixes
    assert len(screen.do) < 120
    assert "proxy_set_header Upgrade $http_upgrade;" in (cause.__doc__ or "")


def test_without_a_look_nothing_is_claimed() -> None:
    assert claim(scene("healthy", web=None), ID) is None
    assert cause.is_eaten(None, page_answers=True) is False
