"""Which shapes of UDP datagrams come back: yes by an answer, no only beside an answer of the same server."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.model.observation import Observation, Outcome
from natscope.model.report_path import UdpShapeReport
from natscope.model.tri import Tri

KIND = "udp.shape"
ENOUGH = 3
"""With a tenth lost each way three requests get lost once in 150 times; STUN's are silent in the whole run as well."""
ENOUGH_WIREGUARD = 5
SILENT = "nothing else came back either, or it was sent too seldom"


def udp_shapes(observations: Sequence[Observation]) -> tuple[UdpShapeReport, ...]:
    """Of the family that tells more, IPv4 first; empty where nothing was tried."""
    seen = [o for o in observations if o.kind == KIND and o.bytes_sent]
    families = sorted({o.family or 4 for o in seen}, key=lambda f: (not _answered(seen, f), f))
    if not families:
        return ()
    mine = [o for o in seen if o.family == families[0]]
    stun = [o for o in observations if o.kind == "stun.binding" and o.family == families[0]]
    names = dict.fromkeys(str(o.data.get("shape", "")) for o in mine)
    return tuple(_one(name, mine, stun) for name in names if name)


def _answered(seen: Sequence[Observation], family: int) -> bool:
    return any(o.outcome is Outcome.ANSWERED for o in seen if o.family == family)


def _one(name: str, seen: Sequence[Observation], stun: Sequence[Observation]) -> UdpShapeReport:
    tried = [o for o in seen if o.data.get("shape") == name]
    cited = tuple(o.id for o in tried)
    if any(o.outcome is Outcome.ANSWERED for o in tried):
        return UdpShapeReport(shape=name, passes=Tri.YES, evidence=cited)
    alive = {o.target for o in seen if o.outcome is Outcome.ANSWERED}
    beside = [o for o in tried if o.target in alive]
    silent = sum(int(o.data.get("tries", 0)) for o in beside)
    enough = ENOUGH if name == "stun" else ENOUGH_WIREGUARD
    if silent < enough or any(o.outcome is Outcome.ANSWERED for o in stun if name == "stun"):
        return UdpShapeReport(shape=name, reason=SILENT, evidence=cited)
    controls = tuple(o.id for o in seen if o.target in {b.target for b in beside} and o.outcome is Outcome.ANSWERED)
    words = f"{silent} were sent to a relay that answered others beside them"
    return UdpShapeReport(shape=name, passes=Tri.NO, reason=words, evidence=(*cited, *controls))
