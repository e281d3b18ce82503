"""Does UDP work, and is there a captive portal: answers that need more than silence."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.relay_map import RelayMap
from natscope.model.tri import Tri

ENOUGH_HOSTS = 3
PORT_TAKEN = "address-in-use"
HTTP_STATUS = "http-status"
TCP_KINDS = ("https.latency", "relay.check")
"""Connections to a relay's own port."""
OTHERS = ("udp.fresh-port", "udp.shape")
"""What comes back over UDP where the usual requests do not."""


def udp_works(observations: Sequence[Observation], relay_map: RelayMap) -> tuple[Tri, str]:
    """Yes with one answer; no with silence from 3 hosts (or all of the map) beside TCP or ICMP from one of them."""
    stun = [o for o in observations if o.kind == "stun.binding"]
    others = (o for o in observations if o.kind in OTHERS)
    if any(o.outcome is Outcome.ANSWERED for o in (*stun, *others)):
        return Tri.YES, ""
    if not stun:
        refused = socket_refused(observations)
        return Tri.UNKNOWN, "no relay was asked over UDP" + (f": {refused}" if refused else "")
    wrong = any(o.outcome is Outcome.WRONG or o.outcome is Outcome.REFUSED for o in stun)
    if wrong or _strays(observations) & {host_of(o) for o in stun}:
        return Tri.UNKNOWN, "something came back over UDP, but no valid answer of the host that was asked"
    if all(o.outcome is Outcome.LOCAL_ERROR and o.error != "permission" for o in stun):
        return Tri.UNKNOWN, f"nothing could be sent: {stun[0].summary or stun[0].error}"
    if any(o.outcome is Outcome.CANCELLED for o in stun):
        return Tri.UNKNOWN, "the run was interrupted before an answer could come"
    sent = [o for o in stun if o.outcome is not Outcome.LOCAL_ERROR or o.error == "permission"]
    asked = {host_of(o) for o in sent}
    controls = _controls(observations)
    silent_hosts = f"{len(asked)} host" + ("" if len(asked) == 1 else "s")
    if not asked & controls:
        return Tri.UNKNOWN, f"{silent_hosts} answered neither over UDP nor over TCP or ping"
    if not _enough(sent, relay_map):
        return Tri.UNKNOWN, f"only {silent_hosts} could be asked over UDP, and the map has more"
    return Tri.NO, f"{silent_hosts} gave no answer over UDP, while TCP or ICMP to the same host was answered"


def host_of(observation: Observation) -> str:
    """The address an observation's target has, without the port."""
    try:
        return str(Endpoint.parse(observation.target).ip)
    except ValueError:
        return observation.target


def socket_refused(observations: Sequence[Observation], family: int | None = None) -> str:
    """Why no UDP socket of that family (of any) could be had; empty where the system gave all that were wanted.

    A port that is taken is a finding of its own (NS-HOST-04), which says more: here it is told in brief.
    """
    sockets = [o for o in observations if o.kind == "udp.socket" and (family is None or o.family == family)]
    refused = next((o for o in sockets if o.outcome is Outcome.LOCAL_ERROR), None)
    if refused is None:
        return ""
    return "the port is taken" if refused.error == PORT_TAKEN else refused.summary or refused.error


def _strays(observations: Sequence[Observation]) -> set[str]:
    """Hosts from which datagrams came that were no answer to any request: UDP gets through, whatever they were."""
    kept = [o.data.get("sources", {}) for o in observations if o.kind == "stun.dropped"]
    return {str(Endpoint.parse(source).ip) for sources in kept for each in sources.values() for source in each}


def came_back(observation: Observation) -> bool:
    """Whether a try over HTTPS reached something that speaks: an HTTP status or a certificate, right or wrong.

    A connection that is refused, reset or closed shows nothing: a firewall forges that.
    """
    if observation.kind not in TCP_KINDS:
        return False
    status = observation.outcome is Outcome.REFUSED and observation.error == HTTP_STATUS
    return status or observation.outcome in (Outcome.ANSWERED, Outcome.WRONG)


def _controls(observations: Sequence[Observation]) -> set[str]:
    """Hosts that answered over TCP (be it with an HTTP status or a bad certificate), ICMP, or through a proxy."""
    ways = ("icmp.echo", "proxy.connect")
    icmp = {host_of(o) for o in observations if o.kind in ways and o.outcome is Outcome.ANSWERED}
    return icmp | {host_of(o) for o in observations if came_back(o)}


def _enough(sent: Sequence[Observation], relay_map: RelayMap) -> bool:
    """Three hosts were asked, or all of the map: also those whose name could not be looked up count as being there.

    One node over two families is one host, and so are several nodes at one address.
    """
    asked = {(o.region_id, o.node or host_of(o)) for o in sent}
    if min(len(asked), len({host_of(o) for o in sent})) >= ENOUGH_HOSTS:
        return True
    return all(
        (region.region_id, node.name) in asked
        for region in relay_map.measured_regions()
        for node in region.nodes
        if node.effective_stun_port is not None and (node.may_have(4) or node.may_have(6))
    )


def captive_portal(observations: Sequence[Observation], probes: Sequence[ProbeOutcome]) -> tuple[Tri, str]:
    """No with one challenge answered rightly, yes with an altered one; the right answer wins."""
    seen = [o for o in observations if o.kind == "captive.challenge"]
    if any(o.outcome is Outcome.ANSWERED for o in seen):
        return Tri.NO, ""
    altered = next((o for o in seen if o.outcome is Outcome.WRONG), None)
    if altered is not None:
        return Tri.YES, altered.summary
    probe = next((p for p in probes if p.name == "captive_portal"), None)
    if probe is not None and probe.state in ("skipped", "cut"):
        return Tri.UNKNOWN, probe.reason if probe.state == "skipped" else "cut: the run was over before an answer came"
    if not seen:
        return Tri.UNKNOWN, "not asked"
    told = next((o for o in seen if o.outcome is Outcome.REFUSED), seen[0])
    return Tri.UNKNOWN, told.summary or "no answer on port 80"
