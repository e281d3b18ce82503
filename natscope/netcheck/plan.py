"""The probe plan: a pure function from the map and what is known of this host to sends as data.

All regions that may be measured, both families, at 0, 100 and 200 ms, so that a median and a jitter exist; at 600 ms
once more for regions that stayed silent. Rounds 0 and 2 go to the same node, because samples of different nodes make
no median; rounds 1 and 3 to the next nodes. Many regions go out in bursts a home router can take, and yet within
`SPREAD_S`. Upstream asks all regions only when it has no report yet, and stops after three answers
(net/netcheck/netcheck.go, makeProbePlanInitial): the delays are its delays, the early stop is not copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from natscope.host.api import LinkFacts
from natscope.model.endpoint import Family, IPAddress
from natscope.model.relay_map import RelayMap, RelayNode, RelayRegion
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.plugins.stun_plan import TAILSCALE_FORM, PlannedSend, ProbePlan, stun_literal

FAMILIES: tuple[Family, ...] = (4, 6)


class Schedule(msgspec.Struct, frozen=True):
    """When a region is asked. `rounds_s` are unconditional, `retries_s` only for regions still silent.

    `burst` sends go out together, the next burst `burst_gap_s` later; but a whole round within `spread_s`.
    """

    rounds_s: tuple[float, ...] = (0.0, 0.1, 0.2)
    retries_s: tuple[float, ...] = (0.6,)
    silent_after_s: float = 1.5
    burst: int = 20
    burst_gap_s: float = 0.005
    spread_s: float = 0.03


NORMAL = Schedule()
GENTLE = Schedule(rounds_s=(0.0,), retries_s=(0.4, 0.8), silent_after_s=1.5, burst=5, burst_gap_s=0.02, spread_s=0.18)
"""A quarter as fast, one sample a relay."""
QUICK = Schedule(rounds_s=(0.0, 0.1))
"""Two samples: enough to see loss, not to say jitter."""


def make_plan(relay_map: RelayMap, links: LinkFacts | None, options: NetcheckOptions, history: History) -> ProbePlan:
    """Every STUN send of a run. `links` None: nothing is known of this host, so both families are asked."""
    schedule = choose_schedule(options)
    regions = _nearest_first(relay_map.measured_regions(), history)
    lanes = [(region, family) for region in regions for family in FAMILIES if family in options.families]
    nodes = {lane: _nodes(lane[0], lane[1], links) for lane in lanes}
    lanes = [lane for lane in lanes if nodes[lane]]
    sends: list[PlannedSend] = []
    for number, at_s in enumerate(schedule.rounds_s + schedule.retries_s):
        only_if_silent = number >= len(schedule.rounds_s)
        offsets = pace(len(lanes), schedule)
        for (region, family), offset_s in zip(lanes, offsets, strict=True):
            asked = nodes[region, family]
            node = asked[_turn(number) % len(asked)]
            sends.append(
                PlannedSend(
                    at_s=round(at_s + offset_s, 6),
                    family=family,
                    region_id=region.region_id,
                    node=node.name,
                    round=number,
                    form=TAILSCALE_FORM,
                    only_if_silent=only_if_silent,
                )
            )
    sends.sort(key=lambda send: send.at_s)
    asked_regions = dict.fromkeys(region.region_id for region, _ in lanes)
    return ProbePlan(tuple(sends), schedule.silent_after_s, tuple(sorted(asked_regions)))


def choose_schedule(options: NetcheckOptions) -> Schedule:
    """The delays for these options; a short `--timeout` shortens the wait for silent regions."""
    schedule = GENTLE if options.gentle else QUICK if options.profile == "quick" else NORMAL
    return msgspec.structs.replace(schedule, silent_after_s=min(schedule.silent_after_s, options.timeout_s))


def pace(count: int, schedule: Schedule) -> list[float]:
    """The offset of each of `count` sends of one round: bursts that grow only where the spread would not do."""
    gaps = round(schedule.spread_s / schedule.burst_gap_s)
    burst = max(schedule.burst, -(-count // (gaps + 1)))
    return [index // burst * schedule.burst_gap_s for index in range(count)]


def can_use(links: LinkFacts | None, family: Family) -> bool:
    """Whether this host might reach anything but itself over a family: an address that is more than link-local."""
    if links is None or not (links.interfaces or links.routes_known):
        return True
    return any(True for _ in usable_addresses(links, family))


def usable_addresses(links: LinkFacts, family: Family) -> Iterable[IPAddress]:
    """Addresses of interfaces that are up, of one family, neither loopback nor link-local."""
    for interface in links.interfaces:
        if interface.up and interface.kind != "loopback":
            for ip in interface.addresses:
                if ip.version == family and not (ip.is_loopback or ip.is_link_local or ip.is_unspecified):
                    yield ip


def _turn(number: int) -> int:
    """Which node a round asks: the first one twice, then each of the others."""
    return 0 if number == 2 else number if number < 2 else number - 1


def _nodes(region: RelayRegion, family: Family, links: LinkFacts | None) -> tuple[RelayNode, ...]:
    usable = can_use(links, family)
    return tuple(node for node in region.nodes if _is_askable(node, family, usable))


def _is_askable(node: RelayNode, family: Family, usable: bool) -> bool:
    if node.effective_stun_port is None:
        return False
    literal = stun_literal(node, family)
    if node.stun_test_ip and literal is None:
        return False
    if literal is None:
        return usable and node.may_have(family)
    return usable or literal.is_loopback


def _nearest_first(regions: Sequence[RelayRegion], history: History) -> list[RelayRegion]:
    """The last home first, then by the last latencies, then by id: what matters most leaves first."""
    latest = history.readings[-1].latency_s if history.readings else {}
    return sorted(
        regions,
        key=lambda r: (r.region_id != history.home, latest.get(r.region_id, float("inf")), r.region_id),
    )
