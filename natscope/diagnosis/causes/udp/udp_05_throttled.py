"""UDP beyond a rate is dropped, TCP is not: somebody throttles it.

What it is
    A router, a provider or a firewall lets only so much UDP pass in a second, and drops or delays the rest: against
    floods, or because direct traffic is not wanted. Mesh VPNs connect directly all the same, since that takes few
    packets, and are then slow or break under load, while downloads over TCP are fast.

What we look for
    - trains of packets of rising rates to a helper that counts them: slow ones arrive, and of faster ones the same
      rate gets through in each, after a burst;
    - a slow train afterwards that arrives: the way was not just down;
    - round trips that do not grow: what is dropped did not wait in the queue of a full line;
    - TCP to the same computer that carries clearly more: the control.

What would contradict it
    - a fast train that arrives like a slow one;
    - losses that take the same share at every rate: that is a bad line;
    - TCP that is no faster on a line whose queue fills: then the line is just that slow.

What to do
    - For what needs speed, let the VPN use a relay: it goes over TCP 443 here. That is slower than a good direct
      connection and faster than this one.
    - Try another UDP port for the VPN, such as 443: some limit all ports but that of QUIC.
    - Look in the router for "UDP flood protection", "QoS" or "DoS defence", and raise or switch off its limit.
    - Ask the provider, with the numbers.

How to verify
    `natscope netcheck --udp-rate` carries the fastest train.

Sources
    RFC 2697 (a policer's token bucket), RFC 2475 section 2.3.3 (policing and shaping), RFC 8085 section 3.1.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Outcome
from natscope.model.report_path import RateReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-UDP-05",
    title="UDP is throttled on this way: what comes faster is dropped, while TCP is not.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator", "provider"),
    fires=("udp-policed",),
    silent=("healthy", "udp-not-policed", "udp-blocked"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-UDP-01", "NS-UDP-02"),
    fixes=(
        Fix(
            do="Let the VPN use a relay where speed matters; try UDP port 443 as its own port first.",
            who="you",
            effort="E2",
            duration="10 min",
            undo="set the port back",
            verify="natscope netcheck --udp-rate",
        ),
        Fix(
            do="Raise or switch off limits of UDP in the router (UDP flood protection, QoS).",
            who="administrator",
            effort="E3",
            duration="15 min",
            undo="set them back",
            verify="natscope netcheck --udp-rate",
        ),
        Fix(
            do="Ask the provider why UDP is limited, with these numbers.",
            who="provider",
            effort="E5",
            duration="days",
            verify="natscope netcheck --udp-rate",
        ),
    ),
)
MISSING = "trains of packets to a helper (--udp-rate)"
UNCERTAIN = "UDP that comes faster than some rate does not get through."


def evidence(facts: Facts) -> Support:
    """A limit in either direction."""
    rate = facts.report.path.udp_rate
    hit = [(where, part) for where, part in (("to", rate.out), ("from", rate.back)) if part.limited is Tri.YES]
    if not hit:
        told = rate.out.limited is Tri.NO or rate.back.limited is Tri.NO
        return NOTHING if told else unknown(MISSING)
    trains = tuple(o.id for o in facts.seen("udp.train", Outcome.ANSWERED) if o.id in rate.evidence)
    grounds = [Ground(Strength.FACT, "the same rate gets through in every faster train", trains)]
    only = rate.udp_only is Tri.YES and rate.out.limited is Tri.YES
    if only:
        uploads = tuple(o.id for o in facts.seen("tcp.upload", Outcome.ANSWERED) if o.id in rate.evidence)
        grounds.append(Ground(Strength.DECISIVE, "TCP to the same computer is faster", uploads))
    detail = " ".join(_numbers(where, part) for where, part in hit)
    if rate.tcp_bits_per_s and only:
        detail += f" TCP carried {_speed(rate.tcp_bits_per_s)}."
    return Support(Tri.YES, tuple(grounds), title="" if only else UNCERTAIN, detail=detail)


def against(facts: Facts) -> Support:
    """A fast train that arrived, and then the report says so."""
    return NOTHING


def _numbers(where: str, part: RateReport) -> str:
    passed, more = _speed(part.bits_per_s or 0), f"{part.packets_per_s} packets of 1000 bytes a second"
    if part.counted == "packets":
        passed, more = f"{part.packets_per_s} packets a second", "whatever their length"
    burst = f" after a burst of {part.burst_packets}" if part.burst_packets else ""
    return f"On the way {where} a relay {passed} get through ({more}){burst}; the rest is {part.manner}."


def _speed(bits_per_s: int) -> str:
    return f"{bits_per_s / 1e6:.3g} Mbit/s" if bits_per_s >= 1_000_000 else f"{bits_per_s / 1e3:.3g} kbit/s"
