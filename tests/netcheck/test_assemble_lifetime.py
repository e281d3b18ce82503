"""From `nat.lifetime` to the report: families apart, plain relays believed only where ports change, costs left out."""

from __future__ import annotations

from typing import Any

from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_lifetime import NOT_ASKED, lifetime_part
from natscope.netcheck.nat_part import NatInputs, NatPart

OWN = "192.168.1.20:31000"


def seen(number: int, test: str, alive: bool | None, silence_s: float, age_s: float, **more: Any) -> Observation:
    data = {"test": test, "method": "order", "alive": alive, "silence_s": silence_s, "age_s": age_s, **more}
    return Observation(
        id=f"o{number}", kind="nat.lifetime", probe="nat_lifetime", outcome=Outcome.ANSWERED, family=4, socket=OWN,
        target="198.51.100.1:3479", sent_ms=age_s * 1000, data=data,
    )  # fmt: skip


def part(*observations: Observation, family: Any = 4) -> NatPart:
    return lifetime_part(NatInputs(family=family, observations=observations))


def test_not_asked() -> None:
    assert part().values == {}
    assert part().reasons["absolute_lifetime_s"] == NOT_ASKED
    assert part(seen(1, "silent", True, 5, 7), family=6).reasons["refresh_inbound"] == NOT_ASKED


def test_an_end() -> None:
    tests = [seen(n, "silent", s < 20, s, s + 2) for n, s in enumerate((15.5, 19.5, 20.5, 22.5))]
    outwards = seen(11, "outwards", True, 26.0, 29.0, quiet_s=12.0)
    found = part(*tests, seen(9, "kept", True, 5, 40.0), seen(10, "cost", None, 0, 0), outwards)
    assert found.values["mapping_lifetime_s"] == 20.0
    assert found.values["refresh_outbound"] is Tri.YES
    assert "o11" in found.evidence
    assert "o10" not in found.evidence


def again(number: int, same: bool, silence_s: float, mapped: str) -> Observation:
    alive = None if same else False
    return seen(number, "silent", alive, silence_s, silence_s + 2, method="again", same=same, mapped=mapped)


def test_asking_again_shows_something_only_where_ports_change() -> None:
    other, own = "203.0.113.7:4242", "203.0.113.7:31000"
    assert part(again(1, True, 74.5, other)).values["mapping_lifetime_at_least_s"] == 74.0
    assert part(again(1, True, 74.5, own)).values["mapping_lifetime_at_least_s"] is None
