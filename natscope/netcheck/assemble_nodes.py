"""Relays looked at one by one, and whether somebody opens TLS on the way to them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from natscope.model.observation import Observation, Outcome
from natscope.model.report_web import NodeCheck, RelayStep
from natscope.model.tri import Tri
from natscope.wire.certificate import CHAIN_INCOMPLETE

NOT_LOOKED = "no relay's certificate was looked at (--https)"
UNTOLD = "no certificate ends in a public authority, and none is pinned, so there is nothing to compare with"
_REFUSED = ("certificate-unknown-issuer", "certificate-pin-mismatch")


@dataclass(frozen=True, slots=True)
class Interception:
    """`by` is the issuer that stands in the relays' place."""

    holds: Tri = Tri.UNKNOWN
    by: str = ""
    reason: str = ""
    evidence: tuple[str, ...] = ()


def node_checks(observations: Sequence[Observation]) -> tuple[NodeCheck, ...]:
    """A row for each node and family, in order of the observations."""
    plain = {(o.region_id, o.node, o.family): o for o in observations if o.kind == "relay.port80"}
    return tuple(_row(o, plain.get((o.region_id, o.node, o.family))) for o in observations if o.kind == "relay.check")


def _row(seen: Observation, plain: Observation | None) -> NodeCheck:
    data = seen.data
    step = RelayStep(data.get("step", "name"))
    good = seen.outcome is Outcome.ANSWERED
    told = data.get("clock_off_s", None if plain is None else plain.data.get("clock_off_s"))
    return NodeCheck(
        region_id=seen.region_id or 0,
        node=seen.node,
        family=seen.family or 0,
        target=seen.target,
        reached=RelayStep.ANSWERED if good else step,
        failed_at=None if good or seen.outcome is Outcome.CANCELLED else step,
        error=seen.error,
        message=seen.summary,
        connect_ms=data.get("connect_ms"),
        tls_ms=data.get("tls_ms"),
        request_ms=data.get("request_ms"),
        tls_version=data.get("tls_version", ""),
        issuer=data.get("issuer", ""),
        names=tuple(data.get("names", ())),
        days_left=data.get("days_left"),
        pinned=bool(data.get("pinned")),
        public_issuer=Tri.of(data.get("public_issuer")),
        status=data.get("status"),
        port80="" if plain is None else str(plain.data.get("state", "")),
        clock_off_s=told,
        upgrade=data.get("upgrade"),
        upgrade_left_out=data.get("upgrade_left_out"),
        evidence=(seen.id,) if plain is None else (seen.id, plain.id),
    )


def interception(observations: Sequence[Observation], *, vendor: bool) -> Interception:
    """Yes where a stranger's issuer stands for relays that have another: pinned ones, or the vendor's (public ones).

    No with one right pin or one chain that ends in a public authority. A private authority may be the relays' own, and
    is where a pin fits one of its certificates.
    """
    seen = [o for o in observations if o.kind == "relay.check" and o.data.get("issuer")]
    if not seen:
        return Interception(reason=NOT_LOOKED)
    sound = [o for o in seen if o.error not in _REFUSED and _is_proved(o)]
    own = {str(o.data["issuer"]) for o in sound}
    private = [
        o
        for o in seen
        if not o.data.get("public_issuer") and not o.data.get("self_signed") and o.error != CHAIN_INCOMPLETE
    ]
    strange = [o for o in private if o.data["issuer"] not in own]
    swapped = [o for o in strange if o.error == "certificate-pin-mismatch"]
    shared = {str(o.data["issuer"]) for o in swapped} & {
        str(o.data["issuer"]) for o in strange if o.node not in {s.node for s in swapped}
    }
    if shared:
        by = min(shared)
        return Interception(Tri.YES, by, "", tuple(o.id for o in strange if o.data["issuer"] == by))
    if vendor and strange:
        return Interception(Tri.YES, str(strange[0].data["issuer"]), "", tuple(o.id for o in strange))
    if sound:
        return Interception(Tri.NO, "", "", tuple(o.id for o in sound))
    untrusted = [o for o in strange if o.error == "certificate-unknown-issuer"]
    issuers = {str(o.data["issuer"]) for o in untrusted}
    if len({o.node for o in untrusted}) > 1 and len(issuers) == 1:
        (by,) = issuers
        words = (
            f"several relays show certificates of {by}, which this computer does not trust: theirs, or an inspector's"
        )
        return Interception(Tri.UNKNOWN, by, words, tuple(o.id for o in untrusted))
    return Interception(reason=UNTOLD, evidence=tuple(o.id for o in seen))


def _is_proved(seen: Observation) -> bool:
    """The checks passed, against a pin or up to a public authority."""
    return "tls_version" in seen.data and bool(seen.data.get("pinned") or seen.data.get("public_issuer"))
