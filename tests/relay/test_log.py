"""Log lines as text and as JSON, hostile words too."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import UserError
from natscope.relay.log import Level, Log

AT = datetime(2026, 1, 1, tzinfo=UTC)


def logged(*, as_json: bool = False, least: Level = Level.INFO) -> tuple[Log, list[str]]:
    lines: list[str] = []
    return Log(lines.append, lambda: AT, as_json=as_json, least=least), lines


def test_text() -> None:
    log, lines = logged()
    log.say("ready", "relay ready", port=1)
    log.say("certificate", "is old", Level.WARNING)
    log.block("map-entry", "copy this", "a:\n  b: 1", yaml="a")
    assert lines == ["relay ready", "warning: is old", "copy this", "a:", "  b: 1"]


def test_json() -> None:
    log, lines = logged(as_json=True)
    log.say("ready", "relay ready", port=1)
    log.block("map-entry", "copy this", "a:\n  b: 1", yaml="a:\n  b: 1\n")
    first, second = map(json.loads, lines)
    assert first == {
        "time": "2026-01-01T00:00:00.000+00:00", "level": "info", "event": "ready", "words": "relay ready", "port": 1
    }  # fmt: skip
    assert second["yaml"] == "a:\n  b: 1\n"


def test_quiet_says_what_is_wrong() -> None:
    log, lines = logged(least=Level.WARNING)
    log.say("ready", "relay ready")
    log.block("map-entry", "copy this", "a: 1")
    log.failed("mesh", UserError("a sentence"))
    log.failed("mesh", ValueError("odd"))
    assert lines == ["error: mesh: a sentence", "error: mesh: ValueError: odd"]


@given(st.text(max_size=60))
def test_any_words_stay_on_their_line(words: str) -> None:
    log, lines = logged(as_json=True)
    log.say("event", words, other=words)
    assert json.loads(lines[0])["words"] == words
    assert "\n" not in lines[0]
    log, lines = logged()
    log.say("event", words)
    assert len(lines) == 1
    assert not any(unicodedata.category(letter) == "Cc" for letter in lines[0])
