"""Observations to one line per region: latencies, loss, jitter, and what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from natscope.diagnosis.lossy import loses_packets
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation, Outcome
from natscope.model.relay_map import RelayMap, RelayRegion
from natscope.model.report import RelayError, RelayLatency, RelayReport
from natscope.netcheck.assemble_reach import host_of
from natscope.netcheck.vantage import SAME, Liar

DECIMALS = 4
_LOST = (Outcome.ANSWERED, Outcome.NO_ANSWER, Outcome.ICMP_ERROR, Outcome.REFUSED, Outcome.WRONG)
"""Outcomes of requests that left this host, or that its own firewall ate; only `ANSWERED` is no loss."""
_EATEN = "permission"

_WORDS = {
    "timeout": "no answer within the time limit",
    "refused": "the connection was refused",
    "reset": "the connection was reset",
    "network-unreachable": "there is no route to it",
    "host-unreachable": "its host cannot be reached",
    "name-not-found": "its name does not exist",
    "name-has-no-address": "its name has no address",
    "name-server-failed": "the name server could not look it up",
    "other-source": "answers came from another address than the one asked",
    "malformed": "its answers are no valid STUN messages",
    "permission": "this computer's own rules forbid to send there",
}

_ICMP_WORDS = {
    "refused": "port unreachable",
    "host-unreachable": "host unreachable",
    "network-unreachable": "network unreachable",
}
_REFUSALS = ("port unreachable", "administratively prohibited")


def relay_reports(relay_map: RelayMap, observations: Sequence[Observation]) -> tuple[RelayReport, ...]:
    """One report a region of the map, in the map's order."""
    by_region: dict[int, list[Observation]] = {}
    for observation in observations:
        if observation.region_id is not None:
            by_region.setdefault(observation.region_id, []).append(observation)
    around = _Around([o for o in observations if o.kind == "dns.lookup"], loses_packets(observations))
    return tuple(_report(region, by_region.get(region.region_id, []), around) for region in relay_map.regions)


@dataclass(frozen=True, slots=True)
class _Around:
    """What else is known of the run: every look-up of a name, and whether packets got lost on the way."""

    lookups: Sequence[Observation]
    is_lossy: bool


def with_liars(relays: tuple[RelayReport, ...], lying: Sequence[Liar]) -> tuple[RelayReport, ...]:
    """The same with an error for each relay whose STUN answers are no observations of its own."""
    by_region = {liar.region_id: liar for liar in reversed(lying)}
    return tuple(
        msgspec.structs.replace(relay, error=_lie(by_region[relay.region_id]))
        if relay.region_id in by_region and relay.error is None
        else relay
        for relay in relays
    )


def _lie(liar: Liar) -> RelayError:
    if liar.how == SAME:
        words = f"it tells two sockets the same address and port, {liar.told}, so it did not see them"
    else:
        words = f"it tells {liar.told}, an address that stays inside a network, while others see {liar.truth}"
    return RelayError(code="lies", message=words, node=liar.node, evidence=liar.evidence)


def is_sent(observation: Observation) -> bool:
    """Whether a STUN request counts for loss: it left, or a local firewall rule ate it (as upstream counts it)."""
    return observation.outcome in _LOST or (observation.outcome is Outcome.LOCAL_ERROR and observation.error == _EATEN)


def _report(region: RelayRegion, seen: Sequence[Observation], around: _Around) -> RelayReport:
    stun = [o for o in seen if o.kind == "stun.binding"]
    answered = [o for o in stun if o.outcome is Outcome.ANSWERED and o.rtt_ms is not None]
    https = _answered(seen, "https.latency")
    icmp = _answered(seen, "icmp.echo")
    lanes = {family: [o for o in answered if o.family == family] for family in (4, 6)}
    best_lane = min((o for o in answered), key=lambda o: (o.rtt_ms or 0.0, o.id), default=None)
    sent = [o for o in stun if is_sent(o)]
    return RelayReport(
        region_id=region.region_id,
        region_code=region.region_code,
        region_name=region.region_name,
        latency_ms=RelayLatency(
            stun_v4=_median(lanes[4]), stun_v6=_median(lanes[6]), https=_median(https), icmp=_median(icmp)
        ),
        best_ms=RelayLatency(stun_v4=_best(lanes[4]), stun_v6=_best(lanes[6]), https=_best(https), icmp=_best(icmp)),
        samples=len(answered),
        loss=round(1 - len(answered) / len(sent), 4) if sent else None,
        jitter_ms=_jitter(lanes[4]) if lanes[4] else _jitter(lanes[6]),
        node=_node(best_lane, https, icmp),
        error=_error(region, seen, stun, answered, https, around) if region.measured else None,
        measured=region.measured,
        evidence=_evidence(answered or stun, https or [o for o in seen if o.kind == "https.latency"], icmp),
    )


def _answered(seen: Sequence[Observation], kind: str) -> list[Observation]:
    return [o for o in seen if o.kind == kind and o.outcome is Outcome.ANSWERED and o.rtt_ms is not None]


def _evidence(*groups: Sequence[Observation]) -> tuple[str, ...]:
    return tuple(o.id for group in groups for o in group)


def _one_node(lane: Sequence[Observation]) -> list[Observation]:
    """The samples of the node (address and port) that gave most: samples of different nodes make no median."""
    by_target: dict[str, list[Observation]] = {}
    for observation in lane:
        by_target.setdefault(observation.target, []).append(observation)
    return max(by_target.values(), key=len, default=[])


def _median(lane: Sequence[Observation]) -> float | None:
    """Of one node's samples; the statistics module costs more to import than a run to assemble."""
    values = sorted(o.rtt_ms or 0.0 for o in _one_node(lane))
    if not values:
        return None
    middle = len(values) // 2
    return round(values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2, DECIMALS)


def _best(lane: Sequence[Observation]) -> float | None:
    return min((o.rtt_ms for o in lane if o.rtt_ms is not None), default=None)


def _jitter(lane: Sequence[Observation]) -> float | None:
    """Mean difference of consecutive round trips at one node, None below two samples."""
    samples = [o.rtt_ms or 0.0 for o in sorted(_one_node(lane), key=lambda o: o.sent_ms or 0.0)]
    if len(samples) < 2:
        return None
    return round(sum(abs(b - a) for a, b in pairwise(samples)) / (len(samples) - 1), DECIMALS)


def _node(best: Observation | None, https: Sequence[Observation], icmp: Sequence[Observation]) -> str | None:
    for observation in (best, *https, *icmp):
        if observation is not None and observation.node:
            return observation.node
    return None


def _error(
    region: RelayRegion,
    seen: Sequence[Observation],
    stun: Sequence[Observation],
    answered: Sequence[Observation],
    https: Sequence[Observation],
    around: _Around,
) -> RelayError | None:
    """What is wrong: a bad certificate even if STUN works; else the reason of silence, the most telling one first."""
    tried = [o for o in seen if o.kind == "https.latency" and o.outcome is not Outcome.CANCELLED]
    bad = [o for o in tried if o.error.startswith("certificate")]
    if bad and not https:
        return _as_error("certificate", bad[0].summary or "its certificate is refused", bad)
    if answered:
        families = {o.family for o in answered}  # a family that does not work is nothing of the relay's
        failed = [o for o in tried if o.outcome is not Outcome.ANSWERED and o.family in families]
        told = failed and not https and not _is_doubtful(failed, around)
        return _https_error(failed) if told else None
    if stun or tried:
        return _silence(stun, [] if https else tried)
    return _lookup_error(region, around.lookups)


def _https_error(failed: Sequence[Observation]) -> RelayError:
    first = failed[0]
    code = "https-timeout" if first.outcome is Outcome.NO_ANSWER else f"https-{first.error}"
    code = "http-status" if first.error == "http-status" else code
    return _as_error(code, f"HTTPS: {_WORDS.get(first.error) or first.summary or first.error}", failed)


def _is_doubtful(failed: Sequence[Observation], around: _Around) -> bool:
    """Whether a sound relay may look so: one connection that hung, or any number of them where packets get lost."""
    return all(o.outcome is Outcome.NO_ANSWER for o in failed) and (around.is_lossy or len(failed) == 1)


def _silence(stun: Sequence[Observation], tried: Sequence[Observation]) -> RelayError | None:
    """Why nothing came back over UDP, or over HTTPS (`tried`, none where one connection of several answered)."""
    told = [o for o in stun if o.outcome in (Outcome.ICMP_ERROR, Outcome.REFUSED, Outcome.WRONG)]
    silent = [o for o in stun if o.outcome is Outcome.NO_ANSWER]
    local = [o for o in stun if o.outcome is Outcome.LOCAL_ERROR]
    if told:
        first = told[0]
        code = "icmp" if first.outcome is Outcome.ICMP_ERROR else first.error
        words = _icmp_words(first) if code == "icmp" else _WORDS.get(first.error, "")
        return _as_error(code, words or first.summary, told)
    if silent:
        hosts = len({o.target for o in silent})
        words = f"no answer to {len(silent)} STUN requests" + (f" at {hosts} addresses" if hosts > 1 else "")
        return _as_error("no-answer", words, silent)
    if local:
        return _as_error(local[0].error, _WORDS.get(local[0].error) or local[0].summary, local)
    failed = [o for o in tried if o.outcome is not Outcome.ANSWERED]
    return _https_error(failed) if failed else None


def _icmp_words(told: Observation) -> str:
    """What came, and who said it: a router's word is none of the relay."""
    reporter = str(told.data.get("reporter", ""))
    what = str(told.data.get("icmp", "")) or _ICMP_WORDS.get(told.error, told.error)
    if not reporter:
        return f"an ICMP error came back: {what}"
    if reporter == host_of(told):
        return f"its STUN port is unreachable ({told.error})" if told.error == "refused" else f"its host says: {what}"
    if told.socket and reporter == str(Endpoint.parse(told.socket).ip):
        return f"this computer itself refuses: {what}"
    verb = "refuses" if what in _REFUSALS else "says"
    return f"a router at {reporter} {verb}: {what}"


def _lookup_error(region: RelayRegion, lookups: Sequence[Observation]) -> RelayError | None:
    names = [node.host_name for node in region.nodes]
    failed = [o for o in lookups if o.target in names and o.outcome is not Outcome.ANSWERED]
    if not failed:
        return None
    telling = next((o for o in failed if o.error != "name-has-no-address"), failed[0])
    words = "its name could not be looked up in time" if telling.error == "timeout" else _WORDS.get(telling.error)
    return _as_error("dns", words or telling.summary, [telling])


def _as_error(code: str, words: str, seen: Sequence[Observation]) -> RelayError:
    return RelayError(code=code, message=words, node=seen[0].node, evidence=tuple(o.id for o in seen[:16]))
