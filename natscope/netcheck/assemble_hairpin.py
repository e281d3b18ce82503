"""Hairpinning: the part of a family's NAT report about packets for our own public address."""

from __future__ import annotations

from collections import Counter

from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_families import is_mapped
from natscope.netcheck.nat_part import NatInputs, NatPart

ASKED = ("stun.binding", "nat.server", "nat.mapping")
"""Requests by which one socket learns its public port at several places."""
MIN_CALLS, MIN_CONTROLS = 6, 2
DIFFERS = "the public port differs by peer, so a packet that gets lost shows nothing"
ONE_PEER = "only one relay address answered: whether all peers get one port is not known, so silence shows nothing"
UNSTABLE = "our public port changed during the attempt"
NO_CONTROL = "the requests beside it got lost as well"
CUT = "the attempt was cut short"
UNLEARNT = "new sockets got no answer, so there was no public address of theirs to call"


def hairpin_part(inputs: NatInputs) -> NatPart:
    """`hairpinning` and `hairpin_source`; silence is `no` only beside answers, and where one port serves all."""
    tried = [o for o in inputs.observations if o.kind == "nat.hairpin" and o.family == inputs.family]
    if not tried:
        return NatPart()
    last = tried[-1]
    if last.outcome is Outcome.ANSWERED:
        values = {"hairpinning": Tri.YES, "hairpin_source": str(last.data.get("shows", ""))}
        return NatPart(values=values, evidence=(last.id,))
    words = _doubt(inputs, last)
    values = {"hairpinning": Tri.UNKNOWN if words else Tri.NO}
    return NatPart(values=values, reasons={"hairpinning": words}, evidence=(last.id,))


def _doubt(inputs: NatInputs, tried: Observation) -> str:
    """Why its silence is no `no`; empty where it is one."""
    data = tried.data
    if data.get("learnt") is False:
        return UNLEARNT
    if data.get("calls", 0) < MIN_CALLS:
        return CUT
    if not data.get("stable", False):
        return UNSTABLE
    answered, asked = data.get("controls_answered", 0), data.get("controls", 0)
    if answered < MIN_CONTROLS or 2 * answered < asked:
        return NO_CONTROL
    if _differs_by_port(inputs):
        return DIFFERS
    seen = _seen(inputs)
    if _is_one_port_for_all(seen):
        return ""
    return DIFFERS if any(len(by_host) > 1 for by_host in seen) else ONE_PEER


def _seen(inputs: NatInputs) -> list[dict[str, str]]:
    """For each socket, which endpoint the servers see."""
    seen: dict[str, dict[str, str]] = {}
    for o in inputs.observations:
        if is_mapped(o, inputs.family):
            seen.setdefault(o.socket, {})[o.target.rpartition(":")[0]] = o.data["mapped"]
    return list(seen.values())


def _differs_by_port(inputs: NatInputs) -> bool:
    """Whether most servers that one socket asked at two ports see two endpoints of it: a call goes to a third port."""
    told: dict[tuple[str, str], dict[str, str]] = {}
    for o in inputs.observations:
        if o.kind in ASKED and o.family == inputs.family and isinstance(o.data.get("mapped"), str):
            host, _, port = o.target.rpartition(":")
            told.setdefault((o.socket, host), {})[port] = o.data["mapped"]
    asked_twice = [by_port for by_port in told.values() if len(by_port) > 1]
    differ = sum(len(set(by_port.values())) > 1 for by_port in asked_twice)
    return 2 * differ > len(asked_twice)


def _is_one_port_for_all(seen: list[dict[str, str]]) -> bool:
    """Whether most servers, and two at least, see one endpoint of one socket."""
    for by_host in seen:
        if by_host:
            usual = Counter(by_host.values()).most_common(1)[0][1]
            if usual >= MIN_CONTROLS and 2 * usual > len(by_host):
                return True
    return False
