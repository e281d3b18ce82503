"""Calling ourselves: only when asked, after everything else, once; lost calls are told from lost packets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.machines.nat.config import Hairpin
from natscope.machines.nat.presets import PRESETS
from natscope.model.observation import Outcome
from natscope.model.relay_map import LoadedMap, RelayMap
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope.netcheck.options import NetcheckOptions, with_limit
from natscope.netcheck.selection import load_all
from natscope.plugins.loader import PROBES, find
from natscope.plugins.probe import Scope
from natscope.plugins.stun_plan import ProbePlan
from natscope_probes.nat_hairpin import MORE_SENDS, PROBE, SENDS, contacts, when
from tests.probes.nat_world import Measured, behind

CONE = PRESETS["port-restricted"].config
SEEDS = 15


def called(kind: str, hairpin: Hairpin, seed: int = 1, loss: float = 0.0) -> Measured:
    config = PRESETS[kind].config if hairpin is Hairpin.NONE else replace(PRESETS[kind].config, hairpin=hairpin)
    return behind(config, "nat_hairpin", seed=seed, loss=loss)


def scope(**options: object) -> Scope:
    loaded = LoadedMap(relay_map=RelayMap(regions=()), source="x", kind="file")
    return Scope(loaded, NetcheckOptions(**options), (4,), ProbePlan())  # type: ignore[arg-type]


def test_it_is_opt_in_and_announced() -> None:
    assert when(scope()) == "some firewalls take it for an attack"
    assert when(scope(hairpin=True)) == when(scope(profile="full")) == when(scope(only=("nat_hairpin",))) == ""
    contact, _ = contacts(scope())
    assert contact.host == "your own public address"
    assert "attack" in contact.why
    assert (PROBE.last, PROBE.flag) == (True, "--hairpin")


@pytest.mark.parametrize(
    ("hairpin", "told", "source"),
    [
        (Hairpin.NONE, Tri.NO, ""),
        (Hairpin.EXTERNAL_SOURCE, Tri.YES, "external"),
        (Hairpin.INTERNAL_SOURCE, Tri.NO, ""),  # it comes, but a computer drops what has its own source address
    ],
)
@pytest.mark.parametrize("kind", ["port-restricted", "full-cone", "voip-helper"])
def test_every_kind_of_hairpinning(kind: str, hairpin: Hairpin, told: Tri, source: str) -> None:
    found = called(kind, hairpin)
    assert (found.nat.hairpinning, found.nat.hairpin_source) == (told, source)
    assert (found.sockets, found.threads) == (0, 0)
    assert found.packets("nat_hairpin") <= PROBE.budget.packets
    calls = found.observed("nat.hairpin")[0].data["calls"]
    assert calls <= 2 * SENDS


def test_where_the_port_differs_by_peer_silence_is_no_answer() -> None:
    found = called("symmetric-random", Hairpin.NONE)
    assert found.nat.hairpinning is Tri.UNKNOWN
    assert "differs by peer" in found.nat.reasons["hairpinning"]


@pytest.mark.parametrize("loss", [0.02, 0.1])
@pytest.mark.parametrize("hairpin", [Hairpin.NONE, Hairpin.EXTERNAL_SOURCE])
def test_losses_make_nothing_wrong(hairpin: Hairpin, loss: float) -> None:
    right = Tri.of(hairpin is not Hairpin.NONE)
    told = []
    for seed in range(SEEDS):
        found = called("port-restricted", hairpin, seed, loss)
        told.append(found.nat.hairpinning)
        assert found.observed("nat.hairpin")[0].data["calls"] <= 2 * MORE_SENDS
    assert set(told) <= {right, Tri.UNKNOWN}
    assert told.count(right) >= 0.8 * SEEDS


def test_nothing_is_called_without_a_translation_or_an_answer() -> None:
    assert behind("firewall", "nat_hairpin").observed("nat.hairpin") == []
    assert behind("port-restricted", "nat_hairpin", loss=1.0).observed("nat.hairpin") == []


def test_new_sockets_that_get_no_answer_have_nothing_to_call() -> None:
    [found] = behind(replace(CONE, udp_capacity=3), "nat_hairpin").observed("nat.hairpin")
    assert (found.outcome, found.data["calls"], found.data["learnt"]) == (Outcome.NO_ANSWER, 0, False)
    assert found.bytes_sent > 0


def test_it_comes_last() -> None:
    """Beside other probes: its packets leave when all of theirs are over."""
    found = behind(CONE, "nat_ports", "captive_portal", "relay_https", "nat_hairpin")
    report: Report = found.report
    hairpin = found.observed("nat.hairpin")[0].sent_ms
    assert hairpin is not None
    others = [o.sent_ms for o in found.record.observations if o.kind != "nat.hairpin" and o.sent_ms is not None]
    assert max(others) <= hairpin
    assert {p.name: p.state for p in report.probes}["nat_hairpin"] == "ran"


def test_what_else_comes_last_comes_before_it() -> None:
    """What a firewall may block after the call: pystun3's own packets among them."""
    last = {item.probe.name: item.probe for item in load_all(find(PROBES).modules, lambda error: None)}
    others = {name for name, probe in last.items() if probe.last} - {PROBE.name}
    assert others == set(PROBE.after) == {"nat_cross_check", "udp_rate", "nat_own_address"}
    assert "nat_cross_check" in last["udp_rate"].after, "a full line would look like a router that lets nothing in"


def test_its_time_is_beside_the_usual_limit() -> None:
    assert with_limit(NetcheckOptions(hairpin=True)).whole_s == pytest.approx(9.0)
