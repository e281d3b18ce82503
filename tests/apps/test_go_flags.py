"""Command lines as Go's flag package reads them."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.apps.go_flags import GoKind, GoValue, seconds_of, take, value_of
from natscope.errors import UserError

TABLE = {"a": GoKind.TEXT, "stun": GoKind.SWITCH, "port": GoKind.INTEGER, "limit": GoKind.NUMBER, "t": GoKind.DURATION}


@pytest.mark.parametrize("words", [["-a", ":443"], ["-a=:443"], ["--a", ":443"], ["--a=:443"]])
def test_each_form_of_a_text(words: list[str]) -> None:
    taken = take(words, TABLE)
    assert (taken.values, taken.rest) == ({"a": ":443"}, [])


@pytest.mark.parametrize(
    ("words", "value"),
    [(["-stun"], True), (["--stun"], True), (["-stun=false"], False), (["--stun=F"], False), (["-stun=1"], True)],
)
def test_each_form_of_a_switch(words: list[str], value: bool) -> None:
    assert take(words, TABLE).values == {"stun": value}


def test_a_switch_takes_no_word_and_a_value_may_begin_with_a_dash() -> None:
    taken = take(["-stun", "-port", "-1", "--quiet", "-a="], TABLE)
    assert taken.values == {"stun": True, "port": -1, "a": ""}
    assert taken.rest == ["--quiet"]
    assert taken.spelled == {"stun": "-stun", "port": "-port -1", "a": "-a="}


def test_the_last_of_two_counts_and_others_stay_in_order() -> None:
    taken = take(["--x", "1", "-a", "b", "y", "--a=c", "--", "-stun"], TABLE)
    assert taken.values == {"a": "c"}
    assert taken.rest == ["--x", "1", "y", "--", "-stun"]


@pytest.mark.parametrize(("words", "is_gos"), [(["--a", "b"], False), (["-a", "b"], True), (["-x"], False)])
def test_whether_a_word_can_only_be_gos(words: list[str], is_gos: bool) -> None:
    assert take(words, TABLE).has_go_form is is_gos


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (GoKind.INTEGER, "0x50", 80),
        (GoKind.INTEGER, "0120", 80),
        (GoKind.INTEGER, "0b11", 3),
        (GoKind.INTEGER, "1_000", 1000),
        (GoKind.INTEGER, "-1", -1),
        (GoKind.INTEGER, "9223372036854775807", 2**63 - 1),
        (GoKind.NUMBER, "+Inf", math.inf),
        (GoKind.NUMBER, "1e3", 1000.0),
        (GoKind.NUMBER, "0x1p-2", 0.25),
        (GoKind.DURATION, "10m0s", 600.0),
        (GoKind.DURATION, "1h1.5s", 3601.5),
        (GoKind.DURATION, "500ms", 0.5),
        (GoKind.DURATION, "0", 0.0),
        (GoKind.DURATION, "-2s", -2.0),
    ],
)
def test_values(kind: GoKind, text: str, value: GoValue) -> None:
    assert value_of("-x", kind, text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (GoKind.SWITCH, "yes"),
        (GoKind.SWITCH, ""),
        (GoKind.INTEGER, ""),
        (GoKind.INTEGER, "80.0"),
        (GoKind.INTEGER, "9223372036854775808"),
        (GoKind.INTEGER, "09"),
        (GoKind.NUMBER, ""),
        (GoKind.NUMBER, " 1"),
        (GoKind.NUMBER, "1_0"),
        (GoKind.DURATION, "2"),
        (GoKind.DURATION, ""),
        (GoKind.DURATION, "2 s"),
        (GoKind.DURATION, "s"),
        (GoKind.DURATION, "-"),
    ],
)
def test_what_is_no_value_names_the_flag(kind: GoKind, text: str) -> None:
    with pytest.raises(UserError, match=r"^-x .*: not "):
        value_of("-x", kind, text)


def test_a_missing_value_names_the_flag() -> None:
    with pytest.raises(UserError, match=r"^-a needs a value"):
        take(["-a"], TABLE)


@given(st.text(max_size=20), st.sampled_from(list(GoKind)))
def test_any_text_is_a_value_or_one_sentence(text: str, kind: GoKind) -> None:
    with contextlib.suppress(UserError):
        value_of("-x", kind, text)


@given(st.floats(0, 1e6))
def test_durations_add_up(seconds: float) -> None:
    assert seconds_of(f"{int(seconds)}s{seconds % 1 * 1000:.6f}ms") == pytest.approx(seconds, abs=1e-6)
