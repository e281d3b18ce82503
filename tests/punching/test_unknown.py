"""Which pairs of networks nobody can foretell from two reports: pinned, and why that is the answer and no gap."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from natscope.diagnosis.pair.classes import possible
from natscope.diagnosis.pair.side import Side
from tests.punching.cells import foretold, is_direct, sides
from tests.punching.two_sites import text_of

TABLE = """
open-internet         x
full-cone             xx
address-restricted    xxx
port-restricted       xxxx
symmetric-open        xxx-x
symmetric-random      xxx---
mapping-pcp           xxxxxxx
two-public-addresses  xx??--x?
single-region         xxx?--x??
changed-meanwhile     xx??--x???
table-full            xxxx??x???x
stun-filtered         ????????????
captive-portal        ?????????????
tun-proxy             ??????????????
relays-inside         ???????????????
"""
SIGNS = {"direct": "x", "relay": "-", "unknown": "?"}
ROWS = [line.split() for line in TABLE.strip().split("\n")]
NAMES = [name for name, _ in ROWS]
"""Each with those above it and, last, itself: plain ones, then one or two for each reason of not knowing."""

ROUTER = '[sites.home]\nnat = {{ mapping = "{}", filtering = "address-and-port-dependent", ports = "sequential" }}'
MAPPINGS = ("endpoint-independent", "address-dependent")


@pytest.mark.parametrize("at", range(len(ROWS)), ids=NAMES)
def test_unknown_pairs_are_these_and_no_others(at: int) -> None:
    name, signs = ROWS[at]
    told = {other: foretold(text_of(other), text_of(name)).path for other in NAMES[: at + 1]}
    assert "".join(SIGNS[path] for path in told.values()) == signs
    known = {other: path == "direct" for other, path in told.items() if path != "unknown"}
    assert known == {other: is_direct(text_of(other), text_of(name)) for other in known}


def _router(base: str, mapping: str) -> str:
    """A scenario with a router of that mapping at home."""
    return text_of(base).replace("[sites.home]", ROUTER.format(mapping))


def _whole(side: Side) -> object:
    return side


def _classes(side: Side) -> object:
    return possible(side.v4)


@pytest.mark.parametrize(("base", "looks"), [("single-region", _whole), ("changed-meanwhile", _classes)])
def test_where_ports_could_not_be_compared_two_routers_look_alike(base: str, looks: Callable[[Side], object]) -> None:
    """From one server, and where a change in the middle makes comparing void; only one of them gets through."""
    texts = [_router(base, mapping) for mapping in MAPPINGS]
    usual = text_of("port-restricted")
    assert looks(sides(texts[0])[0]) == looks(sides(texts[1])[0])
    assert [foretold(text, usual).path for text in texts] == ["unknown", "unknown"]
    assert [is_direct(text, usual) for text in texts] == [True, False]


@pytest.mark.parametrize("other", ["open-internet", "full-cone", "address-restricted", "mapping-pcp"])
def test_who_lets_in_more_is_reached_whatever_that_port_is(other: str) -> None:
    for mapping in MAPPINGS:
        first, second = _router("single-region", mapping), text_of(other)
        assert foretold(first, second).path == foretold(second, first).path == "direct"
        assert is_direct(first, second)
