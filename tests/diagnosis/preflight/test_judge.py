"""The whole of a preflight from a report: pure, bounded, the changes that you can make first."""

from __future__ import annotations

import json

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from natscope.cli.schema import schemas
from natscope.diagnosis.pair.from_report import ONLY_INSIDE
from natscope.diagnosis.preflight.judge import NO_NETWORK, SILENCE, judge, side_of
from natscope.model.preflight import SCHEMA, Preflight
from tests.diagnosis.judging import scene
from tests.reports.scenes import names

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schemas()["preflight"].read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", names())
def test_the_document_follows_its_schema_and_comes_back_the_same(name: str) -> None:
    found = judge(scene(name), relays=("relay1.example.net",))
    data = msgspec.json.encode(found)
    VALIDATOR.validate(json.loads(data))
    assert msgspec.json.decode(data, type=Preflight) == found
    assert (found.schema, found.run_id) == (SCHEMA, scene(name).run_id)


def test_it_is_a_function_of_the_report() -> None:
    assert judge(scene("udp-blocked")) == judge(scene("udp-blocked"))


@pytest.mark.parametrize(
    ("name", "why"),
    [("inside-relays", ONLY_INSIDE), ("own-relay", ONLY_INSIDE), ("no-network", NO_NETWORK),
     ("single-relay-silent", SILENCE), ("healthy", ""), ("udp-blocked", "")],
)  # fmt: skip
def test_what_says_nothing_about_the_way_out(name: str, why: str) -> None:
    assert side_of(scene(name)).blurred == why


def test_changes_are_yours_alone_and_each_once() -> None:
    for name in names()[::3]:
        changes = judge(scene(name)).changes
        assert {fix.who for fix in changes} <= {"you"}
        assert len({fix.do for fix in changes}) == len(changes)


def test_two_causes_with_one_cure_are_one_change() -> None:
    report = scene("mapping-varies")
    cures = [
        f.do for finding in report.findings for f in finding.fixes if f.do.startswith("Turn on IPv6 in your router")
    ]
    assert len(cures) > 1
    assert [fix.do.startswith("Turn on IPv6") for fix in judge(report).changes] == [True]


def test_ipv6_is_no_advice_where_connections_are_direct_anyway() -> None:
    assert judge(scene("cgnat")).forecast.expected == "direct"
    assert not any("IPv6" in fix.do and fix.who != "you" for fix in judge(scene("cgnat")).changes)
    assert judge(scene("full-cone")).changes == ()
