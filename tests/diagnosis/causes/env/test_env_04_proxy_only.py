"""NS-ENV-04: a relay behind the proxy and none without it; a proxy that refuses in words."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.finding import Certainty
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene

ID = "NS-ENV-04"


def with_web(name: str, **changes: Any) -> Report:
    report = scene(name)
    assert report.web is not None
    return msgspec.structs.replace(report, web=msgspec.structs.replace(report.web, **changes))


def test_a_relay_behind_it_decides() -> None:
    finding = found(scene("proxy-only"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert "NS-UDP-01" in found(scene("proxy-only"))


def test_a_password_is_told_in_words() -> None:
    finding = found(scene("proxy-password"))[ID]
    assert finding.title == "The HTTP proxy wants a password, and nothing gets out without it."
    assert finding.fixes[0].do.startswith("Put name and password")
    assert finding.certainty is Certainty.POSSIBLE


def test_other_refusals_have_their_number() -> None:
    finding = found(with_web("proxy-password", proxy_status=403))[ID]
    assert finding.title == "The HTTP proxy refuses relays (HTTP 403), and nothing gets out without it."


def test_a_direct_answer_contradicts() -> None:
    assert claim(with_web("proxy-only", direct=Tri.YES), ID) is None
    assert claim(with_web("proxy-only", evidence={}), ID) is None


def test_a_silent_proxy_says_nothing() -> None:
    assert claim(with_web("proxy-password", proxy_status=None), ID) is None
    assert claim(scene("healthy", web=None), ID) is None
