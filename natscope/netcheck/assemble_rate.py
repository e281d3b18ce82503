"""The report's part about rates: from trains and the upload beside them to what passes, there and back."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.report_path import RateReport, UdpRateReport
from natscope.model.tri import Tri
from natscope.netcheck.classify_rate import Part, RateTrain, RateVerdict, TcpUpload, classify_rate

NAME, TRAIN, UPLOAD = "udp_rate", "udp.train", "tcp.upload"
MOST_OF = 0.6
"""So much of the fastest train must have come back for "no limit": losses there thin it out."""
NARROW = "what is faster does not get there, so it cannot come back"
NO_HELPER = "no relay that answers counts packets (natscope stun serve --helper does)"


def udp_rate(observations: Sequence[Observation], probes: Sequence[ProbeOutcome] = ()) -> UdpRateReport:
    """From `udp.train` and `tcp.upload`."""
    seen = [o for o in observations if o.kind == TRAIN]
    counted = [o for o in seen if o.outcome is Outcome.ANSWERED and o.data.get("parts")]
    if not counted:
        words = next((o.summary for o in reversed(seen) if o.summary), "") or _why_not(probes) or NO_HELPER
        unknown = RateReport(reason=words)
        return UdpRateReport(out=unknown, back=unknown, evidence=tuple(o.id for o in seen))
    uploads = [o for o in observations if o.kind == UPLOAD and o.target.rpartition(":")[0] == _host(counted[-1])]
    tcp = next((found for o in uploads if (found := _upload(o)) is not None), None)
    out = classify_rate([_train(o, back=False) for o in counted], tcp)
    back = classify_rate([_train(o, back=True) for o in counted])
    return UdpRateReport(
        family=counted[-1].family,
        server=counted[-1].target,
        out=_report(out),
        back=_beside(_report(back), out, back, max(int(o.data["rate"]) for o in counted)),
        tcp_bits_per_s=None if tcp is None else _round(8 * tcp.size / tcp.seconds),
        udp_only=out.udp_only,
        evidence=tuple(o.id for o in (*seen, *uploads)),
    )


def _beside(report: RateReport, out: RateVerdict, back: RateVerdict, fastest: int) -> RateReport:
    """Where the way there carries no more, nothing faster comes back either, and a queue there delays what does.

    `fastest` is the highest rate that was sent.
    """
    seldom = back.limited is Tri.NO and (back.carried or 0.0) < MOST_OF * fastest
    if seldom or (out.rate is not None and back.limited is not Tri.YES):
        return msgspec.structs.replace(report, limited=Tri.UNKNOWN, reason=NARROW)
    return report


def _train(observation: Observation, *, back: bool) -> RateTrain:
    data = observation.data
    parts = []
    for began_ms, sent, arrived, returned, trip_ms in data["parts"]:
        offered, passed = (arrived, returned) if back else (sent, arrived)
        parts.append(Part(began_ms / 1000, offered, passed, None if trip_ms is None else trip_ms / 1000))
    spans = [float(data[name]) / 1000 for name in ("sent_span_ms", "arrived_span_ms", "back_span_ms")]
    sent = sum(part[1] for part in data["parts"])
    seconds = spans[0] * sent / max(1, sent - 1)
    there, arrived = spans[int(back) : int(back) + 2]
    return RateTrain(str(data["purpose"]), int(data["size"]), tuple(parts), seconds, bool(data["late"]), there, arrived)


def _upload(observation: Observation) -> TcpUpload | None:
    """None where not all of it was answered."""
    took_ms = observation.data.get("upload_ms")
    if observation.outcome is not Outcome.ANSWERED or took_ms is None:
        return None
    return TcpUpload(int(observation.data["bytes"]), max(0.001, float(took_ms) / 1000))


def _report(verdict: RateVerdict) -> RateReport:
    rate, carried, bits = verdict.rate, verdict.carried, 8 * verdict.size
    return RateReport(
        limited=verdict.limited,
        manner=verdict.manner,
        packets_per_s=None if rate is None else _round(rate),
        bits_per_s=None if rate is None else _round(rate * bits),
        burst_packets=verdict.burst,
        counted=verdict.counted,
        carried_packets_per_s=None if carried is None else _round(carried),
        carried_bits_per_s=None if carried is None else _round(carried * bits),
        reason=verdict.reason,
    )


def _round(value: float) -> int:
    """Two digits: a second's train tells no more."""
    if value < 100:
        return round(value)
    factor: int = 10 ** (len(str(int(value))) - 2)
    return round(value / factor) * factor


def _host(observation: Observation) -> str:
    return observation.target.rpartition(":")[0]


def _why_not(probes: Sequence[ProbeOutcome]) -> str:
    found = next((p for p in probes if p.name == NAME), None)
    return f"the probe {NAME} did not run" if found is None else found.reason if found.state != "ran" else ""
