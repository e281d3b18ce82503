"""Reading reports that anybody may have made: whole ones stay, grown ones are read, the rest is told in a clause."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.model.finding import Severity
from natscope.model.nat import Mapping
from natscope.model.observation import Outcome
from natscope.model.report import Report
from natscope.wire import report_json
from natscope.wire.report_json import decode_report

STORED = Path(__file__).parents[2] / "fixtures" / "reports"
HEALTHY = (STORED / "healthy.json").read_bytes()


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(HEALTHY) | fields).encode()


@pytest.mark.parametrize("path", sorted(STORED.glob("*.json")), ids=lambda path: path.stem)
def test_stored_reports_are_read(path: Path) -> None:
    data = path.read_bytes()
    assert decode_report(data) == msgspec.json.decode(data, type=Report)


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert decode_report(b"\xef\xbb\xbf" + HEALTHY) == decode_report(HEALTHY)


def test_what_has_grown_reads_as_unknown() -> None:
    data = (STORED / "mapping-varies.json").read_bytes()
    tree = json.loads(data)
    tree["nat"]["v4"]["mapping"] = "by-the-moon"
    tree["observations"][0]["outcome"] = "forgotten"
    tree["findings"][0]["severity"] = "dire"
    tree["later"] = {"a": 1}
    report = decode_report(json.dumps(tree).encode())
    assert report.nat.v4.mapping is Mapping.UNKNOWN
    assert report.observations[0].outcome is Outcome.CANCELLED
    assert report.findings[0].severity is Severity.INFO
    assert report.relays == decode_report(data).relays


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"null", "no schema"),
        (b"[]", "no schema"),
        (b"{}", "no schema"),
        (b"<html>", "not whole JSON"),
        (HEALTHY[: len(HEALTHY) // 2], "not whole JSON"),
        (b'{"schema": 7}', "no schema"),
        (b'{"schema": "natscope.report/2"}', "newer natscope"),
        (b'{"schema": "natscope.run/1"}', "--replay"),
        (b'{"schema": "x/1"}', "not natscope.report/1"),
        (changed(schema="natscope.report/2"), "newer natscope"),
        (b'{"schema": "natscope.report/1"}', "missing required field"),
        (b"[" * 100_000, "nested too deeply|no schema|not whole JSON"),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (HEALTHY.replace(b'"duration_ms": ', b'"duration_ms": NaN, "was": ', 1), "not whole JSON"),
        (b'{"schema": "\xff\xfe"}', "not whole JSON"),
        (changed(udp=[]), "no whole report"),
    ],
)
def test_what_is_wrong_is_told(data: bytes, words: str) -> None:
    with pytest.raises(RemoteError, match=words) as caught:
        decode_report(data)
    assert "\n" not in caught.value.message


def test_of_two_equal_keys_the_last_one_counts() -> None:
    twice = HEALTHY.rstrip().removesuffix(b"}") + b', "udp": "no"}'
    assert decode_report(twice).udp == "no"


def test_too_large_too_many_too_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RemoteError, match="the limit is"):
        decode_report(b" " * (report_json.MAX_BYTES + 1))
    deep: Any = 0
    for _ in range(40):
        deep = [deep]
    tree = json.loads(HEALTHY)
    tree["observations"][0]["data"] = {"x": deep}
    with pytest.raises(RemoteError, match="nested deeper than 32"):
        decode_report(json.dumps(tree).encode())
    monkeypatch.setitem(report_json.MAX_OF, "observations", 3)
    with pytest.raises(RemoteError, match="observations, the limit is 3"):
        decode_report(HEALTHY)


@pytest.mark.parametrize("name", ["findings", "relays", "interfaces"])
def test_rows_are_bounded(name: str) -> None:
    """Twenty thousand findings take half a minute to draw."""
    tree = json.loads((STORED / "double-nat.json").read_bytes())
    tree[name] = tree[name] * (report_json.MAX_OF[name] // len(tree[name]) + 1)
    with pytest.raises(RemoteError, match=f"{name}, the limit is"):
        decode_report(json.dumps(tree).encode())


def test_cut_off_anywhere() -> None:
    whole = HEALTHY.rstrip()
    for end in range(0, len(whole), 997):
        with pytest.raises(RemoteError):
            decode_report(whole[:end])


@given(st.binary(max_size=200))
def test_garbage_raises_one_error(data: bytes) -> None:
    with pytest.raises(RemoteError):
        decode_report(data)


@given(st.integers(0, len(HEALTHY) - 1), st.binary(min_size=1, max_size=3))
def test_damage_is_read_or_told(place: int, put: bytes) -> None:
    with contextlib.suppress(RemoteError):
        assert isinstance(decode_report(HEALTHY[:place] + put + HEALTHY[place + len(put) :]), Report)
