"""Which STUN servers do not tell what they saw: independent vantage points compared, pure.

Two things give one away whatever the others say:

- it tells two sockets of this host one and the same public endpoint. Nothing that translates can give two local ports
  one public port, so it cannot have seen it;
- it tells an inner address (RFC 1918, 100.64.0.0/10, …) that is none of ours, although it stands on the internet and
  others there see a public one: something in front of it rewrites, as a container's bridge does.

What such a server told is believed by nobody; that it answers, and how fast, is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import msgspec

from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation, Outcome

KINDS = ("stun.binding", "nat.server", "nat.mapping", "nat.port")
SAME, INSIDE = "same-endpoint", "inner-address"


class Liar(msgspec.Struct, frozen=True):
    """A server, `ip:port`. `how`: `same-endpoint` or `inner-address`; `told` what it said, `truth` what others saw."""

    target: str
    how: str
    told: str
    truth: str = ""
    region_id: int | None = None
    node: str = ""
    evidence: tuple[str, ...] = ()


class _Said(msgspec.Struct, frozen=True):
    observation: str
    local: Endpoint
    mapped: Endpoint
    region_id: int | None
    node: str


def liars(observations: Sequence[Observation]) -> tuple[Liar, ...]:
    """All of them, in order of the first answer."""
    said: dict[str, list[_Said]] = {}
    for o in observations:
        if o.kind in KINDS and o.outcome is Outcome.ANSWERED and o.socket and "mapped" in o.data:
            pair = _endpoint(o.socket), _endpoint(str(o.data["mapped"]))
            if pair[0] is not None and pair[1] is not None:
                said.setdefault(o.target, []).append(_Said(o.id, pair[0], pair[1], o.region_id, o.node))
    public = _public(said)
    found = (_judge(target, told, public) for target, told in said.items())
    return tuple(liar for liar in found if liar is not None)


def believable(observations: Sequence[Observation], lying: Sequence[Liar]) -> tuple[Observation, ...]:
    """The observations without those in which a liar tells our address."""
    targets = {liar.target for liar in lying}
    if not targets:
        return tuple(observations)
    return tuple(o for o in observations if not (o.kind in KINDS and o.target in targets and "mapped" in o.data))


def _judge(target: str, said: Sequence[_Said], public: dict[int, dict[str, Endpoint]]) -> Liar | None:
    first = said[0]
    node = next((s.node for s in said if s.node), "")
    region_id = next((s.region_id for s in said if s.region_id is not None), None)
    others = [end for other, end in public.get(first.local.family, {}).items() if other != target]
    truth = str(others[0].ip) if others else ""
    by_mapped: dict[Endpoint, _Said] = {}
    for one in said:
        before = by_mapped.setdefault(one.mapped, one)
        if before.local.port != one.local.port:
            evidence = (before.observation, one.observation)
            return Liar(target, SAME, str(one.mapped), truth, region_id, node, evidence)
    server = _endpoint(target)
    own = first.mapped.ip == first.local.ip
    if others and server is not None and not own and is_inside(first.mapped.ip) and not is_inside(server.ip):
        return Liar(target, INSIDE, str(first.mapped.ip), truth, region_id, node, (first.observation,))
    return None


def _public(said: dict[str, list[_Said]]) -> dict[int, dict[str, Endpoint]]:
    """Per family of our socket: who saw which public endpoint."""
    found: dict[int, dict[str, Endpoint]] = {}
    for target, told in said.items():
        if not is_inside(told[0].mapped.ip):
            found.setdefault(told[0].local.family, {})[target] = told[0].mapped
    return found


def _endpoint(text: str) -> Endpoint | None:
    try:
        return Endpoint.parse(text)
    except (ValueError, ipaddress.AddressValueError):
        return None
