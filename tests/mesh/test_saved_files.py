"""Saved files: what is in them decides, and what is none gets one line that names the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import UserError
from natscope.mesh.saved import SavedStatus
from natscope.mesh.saved_files import SavedReport, read_saved
from tests.wire.local_api.recorded import body

REPORTS = sorted((Path(__file__).parents[2] / "fixtures" / "reports").glob("*.json"))


def test_a_status() -> None:
    assert isinstance(read_saved(b"\xef\xbb\xbf" + body("status-active.json"), "s.json"), SavedStatus)


@pytest.mark.parametrize("code", ["utf-16", "utf-16-be"])
def test_a_status_that_powershell_saved(code: str) -> None:
    text = body("status-active.json").decode()
    found = read_saved(("\ufeff" if code != "utf-16" else "").encode(code) + text.encode(code), "s.json")
    assert isinstance(found, SavedStatus)
    with pytest.raises(UserError, match="no JSON"):
        read_saved(b"\xff\xfe\x00", "s.json")  # half a character


@pytest.mark.parametrize("path", REPORTS[:5], ids=lambda path: path.stem)
def test_our_own_report(path: Path) -> None:
    found = read_saved(path.read_bytes(), path.name)
    assert isinstance(found, SavedReport)
    assert (found.by, found.name, found.report.schema) == ("natscope", path.name, "natscope.report/1")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\nReport:\n\t* Time: x\n", "the text of a netcheck"),
        (b"100.64.0.1  node-a  lab@  linux  -\n", "the text of a status"),
        (b"# Health check:\n", "the text of a status"),
        (b"<html><body>login</body></html>", "no JSON"),
        (b"{}", "neither"),
        (b"[1]", "neither"),
        (b'{"schema": "natscope.report/9"}', "does not know"),
        (b'{"schema": "natscope.report/1"}', "no whole report"),
        (json.dumps({"schema": "natscope.report/\x1b[31m" + "x" * 500}).encode(), "does not know"),
        (body("status-active.json")[:-60], "no JSON"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_anything_else_is_one_line(data: bytes, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        read_saved(data, "x.json")
    assert "\n" not in caught.value.message


@given(st.binary(max_size=200))
def test_garbage(data: bytes) -> None:
    with pytest.raises(UserError):
        read_saved(data, "x")
