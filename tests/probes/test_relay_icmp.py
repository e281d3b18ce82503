"""Echo requests: the answer, silence, errors, and no right to send."""

from __future__ import annotations

import pytest

from natscope.host.api import Failure
from natscope.model.observation import Observation, Outcome
from tests.netcheck.fake_host import World
from tests.netcheck.lab import loaded, measure, region, v4, v6


def echoes(world: World, *, ipv4: str = v4(1), ipv6: str = v6(1), stun_only: bool = False) -> list[Observation]:
    asked = region(1, node_fields={"ipv4": ipv4, "ipv6": ipv6, "stun_only": stun_only})
    record = measure(world, loaded(asked), only=("relay_icmp",))
    return [o for o in record.observations if o.kind == "icmp.echo"]


def test_an_answer() -> None:
    (seen,) = echoes(World(echoes={v4(1): 0.02}))
    assert (seen.outcome, seen.target, seen.node, seen.region_id) == (Outcome.ANSWERED, v4(1), "1a", 1)
    assert seen.rtt_ms == pytest.approx(20)
    assert seen.bytes_sent == 10


def test_ipv6_where_there_is_no_ipv4() -> None:
    (seen,) = echoes(World(echoes={v6(1): 0.02}), ipv4="none")
    assert (seen.family, seen.outcome) == (6, Outcome.ANSWERED)


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (Failure.TIMEOUT, Outcome.NO_ANSWER),
        (Failure.UNREACHABLE_HOST, Outcome.ICMP_ERROR),
    ],
)
def test_silence_and_errors(failure: Failure, outcome: Outcome) -> None:
    (seen,) = echoes(World(echoes={v4(1): failure}))
    assert (seen.outcome, seen.error) == (outcome, failure.value)


def test_no_right_to_send_is_no_silence() -> None:
    seen = echoes(World(echoes={v4(1): Failure.PERMISSION, v6(1): Failure.PERMISSION}))
    assert {o.outcome for o in seen} == {Outcome.LOCAL_ERROR}
    assert sum(o.bytes_sent for o in seen) == 0


def test_a_node_that_only_does_stun_is_not_asked() -> None:
    assert echoes(World(echoes={v4(1): 0.02}), stun_only=True) == []
