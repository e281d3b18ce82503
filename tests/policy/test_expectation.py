"""What an expectation of a policy says, and which values meet it."""

from __future__ import annotations

import pytest

from natscope.errors import UserError
from natscope.policy.expectation import Value, as_text, parse


@pytest.mark.parametrize(
    ("given", "value", "met"),
    [
        ("endpoint-independent", "endpoint-independent", True),
        ("Endpoint-Independent", "endpoint-independent", True),
        ("endpoint-independent", "none", False),
        (True, "yes", True),
        (True, "no", False),
        (False, "no", True),
        (["a", "b"], "b", True),
        (["a", "b"], "c", False),
        ("!= no", "yes", True),
        ("!= no", "no", False),
        ("== yes", "yes", True),
        ("< 80", 79.9, True),
        ("< 80", 80.0, False),
        ("<= 80", 80.0, True),
        ("> 1", 1.0, False),
        (">= 1", 1.0, True),
        (2, 2.0, True),
        (2, 3.0, False),
        ("< 80", "fast", False),
    ],
)
def test_meets(given: object, value: str | float, met: bool) -> None:
    assert parse(("udp",), given).meets(value, 0.0) is met


@pytest.mark.parametrize(("given", "value", "met"), [("< 80", 87.0, True), ("< 80", 89.0, False), ("> 80", 73.0, True)])
def test_a_number_may_miss_by_the_tolerance(given: str, value: float, met: bool) -> None:
    assert parse(("relays", "fra", "latency_ms"), given).meets(value, 0.1) is met


@pytest.mark.parametrize(
    ("allowed", "seen", "met"),
    [("warn", "none", True), ("warning", "warn", True), ("warn", "fail", False), ("none", "info", False)],
)
def test_the_highest_severity(allowed: str, seen: str, met: bool) -> None:
    assert parse(("findings", "max_severity"), allowed).meets(seen, 0.0) is met


def test_findings_that_must_not_be_there_and_those_that_may() -> None:
    absent = parse(("findings", "absent"), ["ns-udp-01"])
    assert absent.meets(("NS-V6-01",), 0.0)
    assert not absent.meets(("NS-V6-01", "NS-UDP-01"), 0.0)
    allowed = parse(("findings", "allowed"), ["NS-V6-01"])
    assert allowed.meets((), 0.0)
    assert not allowed.meets(("NS-UDP-01",), 0.0)


@pytest.mark.parametrize("given", ["< 80 ms", "> x", [], [[1]], {"a": 1}])
def test_what_is_no_expectation(given: object) -> None:
    with pytest.raises(UserError):
        parse(("udp",), given)


@pytest.mark.parametrize("given", [int("f" * 9999, 16), ["x", 10**400], "< " + "9" * 400], ids=["hex", "list", "limit"])
def test_a_number_that_no_measurement_can_have(given: object) -> None:
    with pytest.raises(UserError, match=r"relays\.fra\.latency_ms: a number that is far too large"):
        parse(("relays", "fra", "latency_ms"), given)


def test_a_severity_that_nobody_has() -> None:
    with pytest.raises(UserError, match="one of none, info, warn, fail"):
        parse(("findings", "max_severity"), "dire")


def test_names_are_written_as_in_a_file() -> None:
    assert parse(("peers", "db-1", "path"), "direct").name == "peers.db-1.path"
    assert parse(("peers", "db 1", "path"), "direct").name == 'peers."db 1".path'


@pytest.mark.parametrize(
    ("value", "text"), [(None, "unknown"), (1.0, "1"), ((), "none"), (("a", "b"), "a, b"), ("x", "x")]
)
def test_as_text(value: Value, text: str) -> None:
    assert as_text(value) == text
