"""New ports behind every kind of router: what its configuration says, with losses or without, within the budget."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.ports import KEEPS_PORT, PortPolicy
from natscope.machines.nat.presets import PRESETS
from natscope.model.nat import AddressPooling, Mapping, PortAllocation, PortCollision
from natscope.model.report import NatFamilyReport
from natscope.model.tri import Tri
from natscope_probes.nat_ports import PROBE
from tests.probes.nat_world import behind

TRANSLATING = [name for name, kind in PRESETS.items() if kind.config.translates and name != "one-to-one"]
DIFFERENT = ("port-restricted", "symmetric-random", "symmetric-sequential", "cgnat", "linux-fully-random", "rfc-4787")
_ALLOCATION = {PortPolicy.SEQUENTIAL: PortAllocation.SEQUENTIAL, PortPolicy.RANDOM: PortAllocation.RANDOM}
SEEDS = 12


def wrong(nat: NatFamilyReport, config: NatConfig) -> list[str]:
    """The fields that are known and not what the configuration says."""
    kept = config.ports in KEEPS_PORT
    truth = {
        "port_preservation": Tri.of(kept),
        "port_allocation": PortAllocation.PRESERVING if kept else _ALLOCATION[config.ports],
        "port_parity": Tri.of(kept or config.parity),
        "port_contiguity": Tri.of(kept or config.contiguity),
        "pooling": AddressPooling(config.pooling.value),
        "port_step": config.stride if config.ports is PortPolicy.SEQUENTIAL else None,
    }
    return [f"{field} is {getattr(nat, field)}" for field, value in truth.items()
            if str(getattr(nat, field)) not in ("unknown", "None", str(value))]  # fmt: skip


@pytest.mark.parametrize("kind", TRANSLATING)
def test_every_kind_of_router_is_told(kind: str) -> None:
    found = behind(kind, "nat_ports", seed=7)
    nat, config = found.nat, PRESETS[kind].config
    assert wrong(nat, config) == []
    known = (nat.port_allocation, nat.port_preservation, nat.port_parity, nat.port_contiguity, nat.pooling)
    assert "unknown" not in [str(value) for value in known]
    assert nat.port_samples == 16
    assert found.packets("nat_ports") in (19, 27)
    assert (found.sockets, found.threads) == (0, 0)
    assert found.record.duration_ms < 400


@pytest.mark.parametrize("loss", [0.02, 0.1])
@pytest.mark.parametrize("kind", DIFFERENT)
def test_losses_make_nothing_wrong(kind: str, loss: float) -> None:
    known = 0
    for seed in range(SEEDS):
        found = behind(kind, "nat_ports", seed=seed, loss=loss)
        assert wrong(found.nat, PRESETS[kind].config) == [], f"seed {seed}"
        assert found.packets("nat_ports") <= PROBE.budget.packets
        assert found.record.duration_ms < 3000
        known += found.nat.port_allocation is not PortAllocation.UNKNOWN
    assert known >= 0.9 * SEEDS


@pytest.mark.parametrize("stride", [2, 8])
def test_the_step_of_a_sequence(stride: int) -> None:
    config = replace(PRESETS["symmetric-sequential"].config, stride=stride)
    nat = behind(config, "nat_ports").nat
    assert (nat.port_allocation, nat.port_step, nat.port_prediction) == (PortAllocation.SEQUENTIAL, stride, 1.0)


def test_parity_alone_is_kept() -> None:
    config = replace(PRESETS["cgnat"].config, parity=True)
    nat = behind(config, "nat_ports").nat
    assert (nat.port_parity, nat.port_allocation, nat.port_preservation) == (Tri.YES, PortAllocation.RANDOM, Tri.NO)


def test_a_second_destination_decides_what_a_peer_can_predict() -> None:
    config = replace(PRESETS["symmetric-random"].config, ports=PortPolicy.PRESERVING)
    nat = behind(config, "nat_ports").nat
    assert nat.port_allocation is PortAllocation.PRESERVING
    assert nat.port_prediction is not None
    assert nat.port_prediction < 0.2


@pytest.mark.parametrize("pooling", list(Pooling))
def test_pools_of_public_addresses(pooling: Pooling) -> None:
    mapping = Mapping.ADDRESS_DEPENDENT if pooling is Pooling.PER_DESTINATION else Mapping.ENDPOINT_INDEPENDENT
    config = replace(PRESETS["cgnat"].config, pooling=pooling, mapping=mapping)
    told = [behind(config, "nat_ports", external=4, seed=seed).nat.pooling for seed in range(6)]
    assert AddressPooling(pooling.value) in told
    assert set(told) <= {AddressPooling(pooling.value), AddressPooling.UNKNOWN} | (
        {AddressPooling.PAIRED} if pooling is Pooling.PER_DESTINATION else set()
    )


def test_without_translation_nothing_is_sent() -> None:
    found = behind("firewall", "nat_ports")
    assert found.observed("nat.port") == []
    assert found.nat.reasons["port_allocation"] == "nothing is translated: ports and addresses stay as they are"
    assert found.nat.port_samples == 0


def test_no_answer_is_no_verdict_and_costs_no_time() -> None:
    found = behind("port-restricted", "nat_ports", loss=1.0)
    assert found.nat.port_allocation is PortAllocation.UNKNOWN
    assert found.packets("relay_stun") > 0
    assert found.observed("nat.port") == []
    assert found.record.duration_ms < 1700


def test_gentle_sends_less() -> None:
    assert behind("port-restricted", "nat_ports", gentle=True).packets("nat_ports") == 15


def test_two_addresses_behind_one_router_show_what_happens_to_one_port() -> None:
    for policy, word in (
        (PortPolicy.PRESERVING, PortCollision.SEPARATE),
        (PortPolicy.OVERLOADING, PortCollision.TAKEN_OVER),
        (PortPolicy.RANDOM, PortCollision.SEPARATE),
    ):
        config = replace(PRESETS["port-restricted"].config, ports=policy)
        found = behind(config, "nat_ports", addresses=2)
        assert found.nat.port_collision is word, policy
        assert found.sockets == 0


def test_one_address_cannot_show_it() -> None:
    nat = behind("port-restricted", "nat_ports").nat
    assert nat.port_collision is PortCollision.UNKNOWN
    assert "two addresses" in nat.reasons["port_collision"]
