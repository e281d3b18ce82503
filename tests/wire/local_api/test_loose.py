"""The reader of odd objects: each kind of field, right, absent and wrong."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

import pytest

from natscope.model.endpoint import Endpoint
from natscope.wire.local_api.loose import Loose, Problems

RIGHT: dict[str, tuple[object, object]] = {
    "text": ("x", "x"),
    "flag": (False, False),
    "whole": (7, 7),
    "number": (0.5, 0.5),
    "time": ("2026-11-24T22:34:31.331364254+01:00", datetime(2026, 11, 24, 21, 34, 31, 331364, tzinfo=UTC)),
    "endpoint": ("[2001:db8::1]:9", Endpoint(ipaddress.ip_address("2001:db8::1"), 9)),
    "texts": (["a"], ("a",)),
    "addresses": (["192.0.2.1"], (ipaddress.ip_address("192.0.2.1"),)),
    "endpoints": (["192.0.2.1:5"], (Endpoint.parse("192.0.2.1:5"),)),
}
WRONG: dict[str, list[object]] = {
    "text": [1, [], {}],
    "flag": [0, "true"],
    "whole": [True, 1.5, 1 << 70, "1"],
    "number": [True, "1", 10**400],
    "time": [1, "", "today", "2026-11-24T22:34:31", "9999-12-31T23:59:59-12:00"],
    "endpoint": ["192.0.2.1", "x:1", 5],
    "texts": ["a", [1]],
    "addresses": ["192.0.2.1", ["here"]],
    "endpoints": [["192.0.2.1"]],
}


@pytest.mark.parametrize("kind", RIGHT)
def test_right_absent_and_wrong(kind: str) -> None:
    problems = Problems()
    value, wanted = RIGHT[kind]
    reader = Loose({"field": value, "nothing": None}, "here", problems)
    assert getattr(reader, kind)("field") == wanted
    assert not getattr(reader, kind)("nothing")
    assert not getattr(reader, kind)("absent")
    assert problems.count == 0
    for number, wrong in enumerate(WRONG[kind], start=1):
        assert not getattr(Loose({"field": wrong}, "here", problems), kind)("field")
        assert problems.count == number
        assert problems.words[-1].startswith("here.field is no ")


def test_times_that_were_never_set() -> None:
    assert Loose({"at": "0001-01-01T00:00:00Z"}, "here", Problems()).time("at") is None


def test_objects_and_what_is_left() -> None:
    problems = Problems()
    reader = Loose({"in": {"x": "y"}, "list": [], "new": 1}, "here", problems)
    assert reader.inner("in").text("x") == "y"
    assert reader.inner("gone").text("x") is None
    assert reader.rest(frozenset({"in", "list"})) == {"new": 1}
    reader.inner("list")
    assert problems.words == ["here.list is no object"]
