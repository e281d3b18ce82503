"""Relays by their names, errors in their words."""

from __future__ import annotations

import msgspec

from natscope.diagnosis.causes.rel.relay_words import errors, label, title
from tests.diagnosis.judging import relay_index, scene

REPORT = scene("captive-portal")
DEAD = scene("dead-relay")


def test_label() -> None:
    assert label(REPORT.relays[0]) == "nyc"
    assert label(msgspec.structs.replace(REPORT.relays[0], region_code="")) == "1"


def test_title() -> None:
    assert title(REPORT.relays[:2], "gone.") == "nyc and fra: gone."


def test_errors() -> None:
    one = (DEAD.relays[relay_index(DEAD, "syd")],)
    assert errors(one) == "No connection to TCP port 443 within 1.5 s."
    assert errors(DEAD.relays[:1]) == ""
    both = errors(REPORT.relays[:2])
    assert both.startswith("nyc: the certificate for relay1")
    assert both.endswith("login.hotel.example.")
