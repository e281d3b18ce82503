"""What `natscope targets` and `probe --list` tell is an upper bound: packets are counted where they leave, in networks
that fall silent when it costs most.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import pytest

from natscope.host.api import Host, Udp, UdpSocket
from natscope.lab.build_sim import SERVERS_START_S, simulated
from natscope.lab.scenario import Scenario
from natscope.lab.scenario_map import relay_map
from natscope.model.observation import ProbeOutcome
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions, with_limit
from natscope.netcheck.run import RunInputs, run_probes
from natscope.netcheck.targets import targets_of
from natscope.plugins.loader import PROBES, find
from natscope.web.client import HttpClient
from natscope_probes._nat_servers import TRIES
from natscope_probes.nat_hairpin import PROBE as HAIRPIN
from natscope_probes.nat_layers import PROBE as LAYERS
from natscope_probes.nat_mapping import PROBE as MAPPING
from natscope_probes.nat_own_address import PROBE as OWN_ADDRESS
from natscope_probes.nat_servers import PROBE as SERVERS
from tests.probes.nat_scenarios import scenario

BUDGETS = {probe.name: probe.budget for probe in (SERVERS, MAPPING, HAIRPIN, LAYERS, OWN_ADDRESS)}


class Counted:
    """A socket whose sends are counted; a deaf one sends nothing, so nothing is answered."""

    def __init__(self, socket: UdpSocket, sent: Counter[str], *, is_deaf: bool) -> None:
        self._socket, self._sent, self._is_deaf = socket, sent, is_deaf

    def send(self, data: bytes, to: Any, **options: Any) -> float:
        self._sent["all"] += 1
        return 0.0 if self._is_deaf else self._socket.send(data, to, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


class CountingUdp:
    """`deaf_from`: the n-th socket of a family and all after it hear nothing."""

    def __init__(self, inner: Udp, deaf_from: int) -> None:
        self._inner, self._deaf_from = inner, deaf_from
        self._opened: Counter[int] = Counter()
        self.sent: Counter[str] = Counter()

    async def open(self, family: Any, **options: Any) -> Any:
        self._opened[family] += 1
        is_deaf = self._opened[family] >= self._deaf_from
        return Counted(await self._inner.open(family, **options), self.sent, is_deaf=is_deaf)


@dataclass(frozen=True)
class Spent:
    """Packets that left, per probe as it says itself, and the bounds that were told before."""

    left: int
    probes: dict[str, ProbeOutcome]
    bounds: Counter[str]


def spent(what: Scenario, *only: str, deaf_from: int = 99, **options: Any) -> Spent:
    with simulated(what) as net:
        plain: Host = net.hosts[what.measured()[0].name]
        udp = CountingUdp(plain.udp, deaf_from)
        host = replace(plain, udp=udp)
        asked = with_limit(NetcheckOptions(only=only, **options))
        loaded = LoadedMap(relay_map=relay_map(what), source="map.json", kind="file")
        bounds: Counter[str] = Counter()
        for target in targets_of(loaded, asked, find(PROBES), host.capabilities, lambda error: None):
            bounds[target.probe] += target.packets

        async def run() -> dict[str, ProbeOutcome]:
            await asyncio.sleep(SERVERS_START_S)
            inputs = RunInputs(
                host=host, loaded_map=loaded, options=asked, history=History(), found=find(PROBES),
                http=lambda: HttpClient(host), stop=asyncio.Event(),
            )  # fmt: skip
            return {outcome.name: outcome for outcome in (await run_probes(inputs)).probes}

        probes = net.run(run())
        return Spent(udp.sent["all"], probes, bounds)


NAT = ("interfaces", "relay_stun", "nat_servers", "nat_mapping", "nat_filtering")


@pytest.mark.parametrize("name", ["port-restricted", "symmetric-random", "loss-5", "ipv6-firewall"])
@pytest.mark.parametrize(
    ("only", "deaf_from"),
    [
        (NAT, 99), (NAT, 2), (NAT, 3), (NAT, 4),
        (("relay_stun", "nat_mapping"), 99), (("relay_stun", "nat_mapping"), 2), (("relay_stun", "nat_mapping"), 3),
        (("relay_stun", "nat_filtering"), 2), (("relay_stun", "path_marks"), 2), (("relay_stun", "udp_shapes"), 2),
        (("interfaces", "relay_stun", "nat_hairpin"), 99), (("interfaces", "relay_stun", "nat_hairpin"), 2),
        (("interfaces", "relay_stun", "nat_hairpin"), 3), (("interfaces", "relay_stun", "nat_ports"), 2),
        (("relay_stun", "nat_layers", "nat_own_address"), 99), (("relay_stun", "nat_layers", "nat_own_address"), 5),
    ],
)  # fmt: skip
def test_no_probe_sends_more_than_was_told(name: str, only: tuple[str, ...], deaf_from: int) -> None:
    found = spent(scenario(name), *only, deaf_from=deaf_from)
    over = {n: (p.packets_sent, found.bounds[n]) for n, p in found.probes.items() if p.packets_sent > found.bounds[n]}
    assert over == {}
    assert 0 < found.left <= sum(found.bounds.values())
    for probe, budget in BUDGETS.items():
        if probe in found.probes:
            assert found.bounds[probe] <= budget.packets


def test_servers_that_fall_silent_cost_every_try() -> None:
    """The bound is not far away: each relay is asked as often as it may be."""
    what = scenario("port-restricted")
    found = spent(what, "relay_stun", "nat_servers", deaf_from=2, families=(4,))
    assert found.probes["nat_servers"].packets_sent == TRIES * len(what.relays)
    assert found.bounds["nat_servers"] == TRIES * 24
    gentle = spent(what, "relay_stun", "nat_servers", deaf_from=2, families=(4,), gentle=True)
    assert gentle.bounds["nat_servers"] == TRIES * 4


def test_a_probe_that_looks_for_servers_itself_says_so() -> None:
    what = scenario("port-restricted")
    alone = spent(what, "relay_stun", "nat_mapping", deaf_from=2, families=(4,))
    beside = spent(what, "relay_stun", "nat_servers", "nat_mapping", deaf_from=3, families=(4,))
    assert alone.probes["nat_mapping"].packets_sent >= TRIES * len(what.relays)
    assert alone.bounds["nat_mapping"] - beside.bounds["nat_mapping"] == TRIES * 24
