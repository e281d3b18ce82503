"""Port mapping: what the router's services said, and whether packets came in by what they opened.

`state` is whether the service is there; `proof` is what became of a mapping. `no` is said where the gateway said so
(its port is closed, it speaks another protocol), where there is no gateway to ask, or where it was silent while it
answered something else: every echo request of the same second, or another of the three protocols.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from natscope.host.api import LinkFacts
from natscope.model.address_space import is_private, is_shared
from natscope.model.observation import Observation, Outcome
from natscope.model.report import MappingServiceReport, PortMappingReport, ServiceError
from natscope.model.tri import Tri

NOT_ASKED = "the router was not asked"
NOBODY = "not-asked"
PROVED, UNPROVED, UNREACHABLE, REFUSED = "proved", "unproved", "unreachable", "refused"
PROTOCOLS = ("upnp", "nat-pmp", "pcp")
ENOUGH_ECHOES = 2
_ANSWERS = {
    Outcome.ANSWERED: "answered",
    Outcome.REFUSED: "refused",
    Outcome.ICMP_ERROR: "refused",
    Outcome.WRONG: "answered",
    Outcome.NO_ANSWER: "silent",
    Outcome.CANCELLED: "cut-off",
}
"""What came back; anything else was not sent."""
_RANKS = {PROVED: 0, UNPROVED: 1, UNREACHABLE: 2, REFUSED: 3, None: 4}
_STATES = {Tri.YES: 0, Tri.UNKNOWN: 1, Tri.NO: 2}


@dataclass(frozen=True, slots=True)
class _Seen:
    """The observations about one protocol at one gateway."""

    protocol: str
    gateway: str
    service: Observation
    granted: Observation | None
    proof: Observation | None
    control: Observation | None
    others_answered: tuple[Observation, ...]

    @property
    def evidence(self) -> tuple[str, ...]:
        return tuple(o.id for o in (self.service, self.granted, self.proof) if o is not None)


def port_mapping_report(links: LinkFacts | None, observations: Sequence[Observation]) -> PortMappingReport:
    """The best that any gateway showed, per protocol."""
    four = [o for o in observations if o.family != 6]
    upnp, nat_pmp, pcp = (_service(protocol, links, four) for protocol in PROTOCOLS)
    return PortMappingReport(upnp=upnp, nat_pmp=nat_pmp, pcp=pcp, pcp_v6=_pinholes(links, observations))


def _pinholes(links: LinkFacts | None, observations: Sequence[Observation]) -> MappingServiceReport:
    """PCP at the gateway of IPv6."""
    six = [o for o in observations if o.family == 6]
    if any(o.kind == "portmap.service" for o in six):
        return _service("pcp", links, six)
    judged = [o for o in six if o.kind == "portmap.gateway"]
    told = links is not None and links.routes_known
    if told and links is not None and not any(r.family == 6 and r.gateway is not None for r in links.default_routes):
        cited = tuple(o.id for o in observations if o.kind == "host.links")
        words = "there is no router to ask: no default route over IPv6 has a gateway"
        return MappingServiceReport(state=Tri.NO, answer=NOBODY, reason=words, evidence=cited)
    reasons = "; ".join(dict.fromkeys(o.summary for o in judged if o.summary))
    reason = f"{NOT_ASKED}: {reasons}" if reasons else NOT_ASKED
    return MappingServiceReport(state=Tri.UNKNOWN, answer=NOBODY, reason=reason, evidence=tuple(o.id for o in judged))


def _service(protocol: str, links: LinkFacts | None, observations: Sequence[Observation]) -> MappingServiceReport:
    found = [_judge(seen) for seen in _seen(protocol, observations)]
    if not found:
        return _nobody_asked(links, observations)
    return min(found, key=lambda service: (_STATES[service.state], _RANKS.get(service.proof, 4)))


def _seen(protocol: str, observations: Sequence[Observation]) -> Iterable[_Seen]:
    services = [o for o in observations if o.kind == "portmap.service"]
    for service in services:
        if service.data.get("protocol") != protocol:
            continue

        def here(kind: str, at: Observation = service) -> Observation | None:
            return next((o for o in observations if o.kind == kind and _same(o, at)), None)

        control = next((o for o in observations if o.kind == "portmap.control" and _same_way(o, service)), None)
        others = tuple(o for o in services if o is not service and _same_way(o, service) and _is_sign(o))
        yield _Seen(
            protocol, service.target, service, here("portmap.map"), _proof(observations, service), control, others
        )


def _proof(observations: Sequence[Observation], service: Observation) -> Observation | None:
    """A proof's target is the helper, so it belongs to a service by protocol and interface."""
    wanted = service.data.get("protocol"), service.data.get("interface")
    proofs = (o for o in observations if o.kind == "portmap.proof")
    return next((o for o in proofs if (o.data.get("protocol"), o.data.get("interface")) == wanted), None)


def _same_way(one: Observation, other: Observation) -> bool:
    return one.target == other.target and one.data.get("interface") == other.data.get("interface")


def _same(one: Observation, other: Observation) -> bool:
    return _same_way(one, other) and one.data.get("protocol") == other.data.get("protocol")


def _is_sign(observation: Observation) -> bool:
    """Something came back from the gateway itself."""
    return observation.outcome in (Outcome.ANSWERED, Outcome.REFUSED) and not observation.data.get("elsewhere")


def _judge(seen: _Seen) -> MappingServiceReport:
    service = seen.service
    if service.outcome is Outcome.ANSWERED:
        return _there(seen)
    if service.outcome is Outcome.REFUSED and service.data.get("kind") == "refused":
        error = ServiceError(code=service.error, words=service.summary)
        return _report(seen, Tri.YES, f"it refuses: {service.summary}", proof=REFUSED, error=error)
    if service.outcome is Outcome.REFUSED:
        return _report(seen, Tri.NO, service.summary or "the gateway speaks another protocol there")
    if service.outcome is Outcome.ICMP_ERROR:
        return _report(seen, Tri.NO, f"the gateway says that nobody listens there ({service.summary})")
    if service.outcome is Outcome.WRONG:
        elsewhere = service.data.get("elsewhere")
        words = f"{elsewhere} answers as a gateway, and it is not ours: {service.summary}" if elsewhere else ""
        return _report(seen, Tri.UNKNOWN if elsewhere else Tri.YES, words or f"unusable: {service.summary}")
    if service.outcome is Outcome.NO_ANSWER:
        return _silent(seen)
    return _report(seen, Tri.UNKNOWN, service.summary or "this computer could not ask")


def _silent(seen: _Seen) -> MappingServiceReport:
    control = seen.control
    if seen.others_answered:
        other = seen.others_answered[0]
        words = f"no answer, though the gateway answers {_name(str(other.data.get('protocol')))}"
        return _report(seen, Tri.NO, words, more=(other.id,))
    if control is not None and control.outcome is Outcome.ANSWERED:
        sent, answered = int(control.data.get("sent", 0)), int(control.data.get("answered", 0))
        if sent == answered and sent >= ENOUGH_ECHOES:
            words = "no answer, though the gateway answered every echo request beside it"
            return _report(seen, Tri.NO, words, more=(control.id,))
        words = f"no answer, but the gateway answered only {answered} of {sent} echo requests too"
        return _report(seen, Tri.UNKNOWN, words, more=(control.id,))
    return _report(seen, Tri.UNKNOWN, "no answer, and the gateway answers nothing else that would show it is there")


def _there(seen: _Seen) -> MappingServiceReport:
    granted = seen.granted
    if granted is None:
        return _report(seen, Tri.YES, "it is there; there was no time to ask for a port")
    if granted.outcome is Outcome.REFUSED:
        error = ServiceError(code=granted.error, words=granted.summary)
        return _report(seen, Tri.YES, f"it refuses: {granted.summary}", proof=REFUSED, error=error)
    if granted.outcome is not Outcome.ANSWERED:
        return _report(seen, Tri.YES, f"it is there, but asked for a port: {granted.summary}")
    proof = seen.proof
    if proof is None:
        return _report(seen, Tri.YES, "granted; there was no time to try it", proof=UNPROVED)
    if proof.outcome is Outcome.ANSWERED:
        return _report(seen, Tri.YES, proof.summary, proof=PROVED)
    if proof.outcome in (Outcome.WRONG, Outcome.NO_ANSWER):
        return _report(seen, Tri.YES, f"granted, but {proof.summary}", proof=UNREACHABLE)
    return _report(seen, Tri.YES, f"granted; {proof.summary}", proof=UNPROVED)


def _report(
    seen: _Seen,
    state: Tri,
    reason: str,
    *,
    proof: str | None = None,
    error: ServiceError | None = None,
    more: tuple[str, ...] = (),
) -> MappingServiceReport:
    granted = seen.granted if seen.granted is not None and seen.granted.outcome is Outcome.ANSWERED else None
    lifetime = None if granted is None else granted.data.get("lifetime_s")
    return MappingServiceReport(
        state=state,
        proof=proof,
        answer="elsewhere" if seen.service.data.get("elsewhere") else _ANSWERS.get(seen.service.outcome, "not-sent"),
        external=(granted.data.get("external") or None) if granted is not None else None,
        router_external=seen.service.data.get("external"),
        lifetime_s=lifetime if isinstance(lifetime, int) else None,
        error=error,
        gateway=seen.gateway,
        reason=reason,
        evidence=(*seen.evidence, *more),
    )


def _nobody_asked(links: LinkFacts | None, observations: Sequence[Observation]) -> MappingServiceReport:
    """`no` only where no default route leads to a private gateway: then there is nobody to ask."""
    routes = [] if links is None else [r for r in links.default_routes if r.family == 4]
    gateways = [route.gateway for route in routes if route.gateway is not None]
    private = [ip for ip in gateways if is_private(ip) or is_shared(ip) or ip.is_link_local]
    judged = [o for o in observations if o.kind == "portmap.gateway"]
    evidence = tuple(o.id for o in judged) or tuple(o.id for o in observations if o.kind == "host.links")
    if links is not None and links.routes_known and not private and not any(_is_tunnel(o) for o in judged):
        words = "there is no router to ask: " + (
            "the gateway has a public address" if gateways else "no default route has a gateway"
        )
        return MappingServiceReport(state=Tri.NO, answer=NOBODY, reason=words, evidence=evidence)
    reasons = list(dict.fromkeys(o.summary for o in judged if o.summary))
    reason = f"{NOT_ASKED}: {'; '.join(reasons)}" if reasons else NOT_ASKED
    gateway = str(private[0]) if private else None
    return MappingServiceReport(state=Tri.UNKNOWN, answer=NOBODY, reason=reason, gateway=gateway, evidence=evidence)


def _is_tunnel(observation: Observation) -> bool:
    return "tunnel" in observation.summary


def _name(protocol: str) -> str:
    return {"upnp": "UPnP", "nat-pmp": "NAT-PMP", "pcp": "PCP"}.get(protocol, protocol)
