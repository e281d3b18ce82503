"""Whose clock is wrong: one relay cannot tell, several that agree can."""

from __future__ import annotations

import pytest

from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_clock import ALONE, NOBODY, SCATTERED, judge_clocks


def told(node: str, off_s: float, kind: str = "relay.check", outcome: Outcome = Outcome.ANSWERED) -> Observation:
    data = {"clock_off_s": off_s}
    return Observation(id=f"{node}-{kind}", kind=kind, probe="x", outcome=outcome, node=node, data=data)


@pytest.mark.parametrize(
    ("offsets", "right", "off_s", "wrong", "reason"),
    [
        ({}, Tri.UNKNOWN, None, (), NOBODY),
        ({"a": -0.4}, Tri.YES, -0.4, (), ""),
        ({"a": 29.0}, Tri.YES, 29.0, (), ""),
        ({"a": 300.0}, Tri.UNKNOWN, 300.0, (), ALONE),
        ({"a": 300.0, "b": 301.5}, Tri.NO, 300.8, (), ""),
        ({"a": 300.0, "b": 301.0, "c": 0.2}, Tri.NO, 300.5, ("c",), ""),
        ({"a": 0.1, "b": -0.2, "c": 4000.0}, Tri.YES, -0.1, ("c",), ""),
        ({"a": 0.1, "b": 4000.0}, Tri.UNKNOWN, 0.1, (), SCATTERED),
        ({"a": 500.0, "b": 4000.0}, Tri.UNKNOWN, 500.0, (), SCATTERED),
        ({"a": 300.0, "b": 301.0, "c": 0.2, "d": 0.1}, Tri.YES, 0.2, ("a", "b"), ""),
    ],
)
def test_witnesses(
    offsets: dict[str, float], right: Tri, off_s: float | None, wrong: tuple[str, ...], reason: str
) -> None:
    made = judge_clocks([told(node, off) for node, off in offsets.items()])
    assert (made.right, made.wrong, made.reason) == (right, wrong, reason)
    assert made.off_s == pytest.approx(off_s, abs=0.06) if off_s is not None else made.off_s is None


def test_one_node_is_one_witness_however_often_it_answers() -> None:
    assert judge_clocks([told("a", 300.0), told("a", 301.0, "captive.challenge")]).reason == ALONE


def test_a_login_page_is_no_witness() -> None:
    lied = [told(node, 9000.0, "captive.challenge", Outcome.WRONG) for node in ("a", "b")]
    assert judge_clocks(lied).reason == NOBODY
