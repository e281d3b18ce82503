"""Hosts that share a network, a router, or a carrier: prediction against fact."""

from __future__ import annotations

import pytest

from natscope.lab.library import all_scenarios
from natscope.lab.scenario import Bed, Scenario
from natscope.lab.scenario_truth import PairTruth
from natscope.model.pair import Via
from tests.punching.together import foretold, is_direct
from tests.punching.two_sites import text_of

HARD, USUAL = '"symmetric-random"', '"port-restricted"'


def one_home(nat: str) -> str:
    return f'title = "x"\n[sites.home]\nnat = {nat}\n[hosts.alice]\nat = "home"\n[hosts.bob]\nat = "home"\n'


def two_homes(carrier: str, nat: str = USUAL, lans: tuple[str, str] = ("192.168.1.0/24", "192.168.2.0/24")) -> str:
    homes = "".join(
        f'[sites.{name}]\nat = "isp"\nnat = {nat}\nlan = "{lan}"\n[hosts.{host}]\nat = "{name}"\n'
        for name, lan, host in (("left", lans[0], "alice"), ("right", lans[1], "bob"))
    )
    return f'title = "x"\n[sites.isp]\nnat = {carrier}\nlan = "100.64.0.0/10"\n{homes}'


HAIRPINS = '{ kind = "cgnat", hairpin = "external-source" }'
NO_HAIRPIN = '{ kind = "cgnat", hairpin = "none" }'
INTERNAL = '{ kind = "cgnat", hairpin = "internal-source" }'
SAME = ("192.168.1.0/24", "192.168.1.0/24")


@pytest.mark.parametrize(
    ("text", "path", "via"),
    [
        (one_home(USUAL), "direct", Via.LAN),
        (one_home(HARD), "direct", Via.LAN),
        (one_home('"full-cone"\nipv6 = "firewall"'), "direct", Via.LAN),
        (two_homes(HAIRPINS), "direct", Via.V4),
        (two_homes(HAIRPINS, lans=SAME), "direct", Via.V4),
    ],
)
def test_what_is_foretold_comes_true(text: str, path: str, via: Via) -> None:
    told = foretold(text, "alice", "bob")
    assert (told.path, told.via) == (path, via)
    assert is_direct(text, "alice", "bob") is (path == "direct")


@pytest.mark.parametrize(
    "text",
    [
        two_homes(NO_HAIRPIN),
        two_homes(NO_HAIRPIN, lans=SAME),
        two_homes(INTERNAL),
        two_homes('"cgnat-symmetric"'),
        two_homes(HAIRPINS, nat=HARD),
    ],
)
def test_behind_one_carrier_nobody_can_tell_homes_from_networks_of_one_home(text: str) -> None:
    """Whether the router leads from one to the other is not to be seen from outside: unknown is right, whatever is."""
    assert foretold(text, "alice", "bob").path in ("unknown", "direct" if is_direct(text, "alice", "bob") else "relay")


PAIRS = [(s, pair) for s in all_scenarios() if s.can(Bed.SIM) for pair in s.pairs]


@pytest.mark.parametrize(("scenario", "pair"), PAIRS, ids=[f"{s.name} {p.first} {p.second}" for s, p in PAIRS])
def test_pairs_of_the_lab(scenario: Scenario, pair: PairTruth) -> None:
    """The truth that the file claims is what the punchers get, and what is foretold."""
    text = text_of(scenario.name)
    fact = is_direct(text, pair.first, pair.second)
    assert fact is (pair.direct == "yes")
    assert foretold(text, pair.first, pair.second).path == ("direct" if fact else "relay")
