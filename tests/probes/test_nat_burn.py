"""Early packets from a helper, and by which port ours leave afterwards."""

from __future__ import annotations

import msgspec
import pytest

from natscope.lab.build_sim import sim_reports
from natscope.lab.scenario_values import read_scenario
from natscope.model.endpoint import Family
from natscope.model.nat import Mapping
from natscope.model.relay_map import LoadedMap, RelayMap
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope.netcheck.assemble_burn import NOT_TRIED
from natscope.netcheck.options import NetcheckOptions
from natscope.plugins.probe import Scope
from natscope.plugins.probe_context import ProbeContext
from natscope.plugins.stun_plan import ProbePlan
from natscope_probes import nat_burn
from natscope_probes._nat_servers import NatServer, nat_servers
from natscope_probes.nat_burn import PROBE, contacts, when


def measured(kind: str, *, seed: int = 1, loss: float = 0.0, burns: bool = False, relays: str = "") -> Report:
    """The lab's relays are helpers of each other."""
    policy = ', unsolicited = "burn"' if burns else ""
    text = f'title = "x"\nseed = {seed}\n[netcheck]\nprofile = "full"\n{relays}[hosts.alice]\nat = "home"\n'
    site = f'[sites.home]\nnat = {{ kind = "{kind}"{policy} }}\nlink = {{ loss = {loss} }}\n'
    return sim_reports(read_scenario("x", text + site))["alice"]


def scope(**options: object) -> Scope:
    loaded = LoadedMap(relay_map=RelayMap(regions=()), source="x", kind="file")
    return Scope(loaded, NetcheckOptions(**options), (4,), ProbePlan())  # type: ignore[arg-type]


def test_it_runs_with_everything_or_where_it_is_named() -> None:
    assert when(scope()) == "it takes some seconds: --profile full"
    assert when(scope(profile="full")) == when(scope(only=("nat_burn",))) == ""
    (contact,) = contacts(scope())
    assert (contact.host, contact.always) == ("a relay that is a helper", False)


@pytest.mark.parametrize(
    ("kind", "burns", "told"),
    [
        ("linux-masquerade-open-input", False, Tri.YES),
        ("linux-masquerade", False, Tri.NO),
        ("port-restricted", False, Tri.NO),
        ("port-restricted", True, Tri.YES),
        ("full-cone", True, Tri.NO),
    ],
)
def test_what_burns(kind: str, burns: bool, told: Tri) -> None:
    report = measured(kind, burns=burns)
    assert report.nat.v4.port_burns is told
    (ran,) = (probe for probe in report.probes if probe.name == "nat_burn")
    assert 0 < ran.packets_sent <= PROBE.budget.packets
    assert report.nat.v4.mapping is Mapping.ENDPOINT_INDEPENDENT


def test_where_the_port_differs_anyway_nothing_is_known() -> None:
    nat = measured("symmetric-random", burns=True).nat.v4
    assert nat.port_burns is Tri.UNKNOWN
    assert nat.reasons["port_burns"]


def test_without_a_helper_nothing_is_known() -> None:
    nat = measured("port-restricted", burns=True, relays="[relays.r1]\nhelper = false\n").nat.v4
    assert (nat.port_burns, nat.reasons["port_burns"]) == (Tri.UNKNOWN, NOT_TRIED)


@pytest.mark.parametrize("seed", range(4))
def test_loss_turns_nothing_round(seed: int) -> None:
    assert measured("linux-masquerade", seed=seed, loss=0.1).nat.v4.port_burns is not Tri.YES
    assert measured("linux-masquerade-open-input", seed=seed, loss=0.1).nat.v4.port_burns is not Tri.NO


def test_a_helper_that_heard_late_of_its_peers_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first offer came before its peer had said where it sends from; the trial's own offer has it."""

    async def first_offers(ctx: ProbeContext, family: Family) -> list[NatServer]:
        return [msgspec.structs.replace(server, others=server.others[:1]) for server in await nat_servers(ctx, family)]

    monkeypatch.setattr(nat_burn, "nat_servers", first_offers)
    assert measured("linux-masquerade-open-input").nat.v4.port_burns is Tri.YES
