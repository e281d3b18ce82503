"""Reports in which the home relay is not the best one, or moves to and fro."""

from __future__ import annotations

import msgspec

from natscope.model.observation import Outcome
from natscope.model.report import PreferredRelay, RelayLatency, Report
from natscope.model.tri import Tri
from tests.reports.builder import LOCAL, PLACES, Builder, nat_report


def home_inside() -> Report:
    """A relay in the own network is nearest; it sees the address inside, the others the public one."""
    builder = Builder()
    for region, code, name, rtt in PLACES[1:4]:
        builder.relay(region, code, name, v4=rtt)
    outside = builder.nat(4)  # what a relay inside sees says nothing about the router
    builder.network = "192.168.1"
    builder.relay(49, "own", "Cellar", v4=0.4, mapped=LOCAL[4])
    return builder.report(udp=Tri.YES, nat=nat_report(outside, builder.nat(6), outside))


def home_far() -> Report:
    """The nearest relay does not answer over UDP, so the home is one far away."""
    builder = Builder()
    for region, code, name, rtt in PLACES[3:6]:
        builder.relay(region, code, name, v4=rtt + 60)
    builder.relay(2, "fra", "Frankfurt", https=11.2, error=("no-answer", "no answer on UDP port 3478"))
    chosen = PreferredRelay(
        region_id=4, region_code="par", reason="lowest latency", evidence=builder.relays[0].evidence
    )
    return builder.report(udp=Tri.YES, duration_ms=2011.0, preferred_relay=chosen)


def home_one_quick_sample() -> Report:
    """One sample of the home was quick; most are not, and another relay is always nearer than that."""
    builder = Builder()
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v4=rtt)
    report = builder.report(udp=Tri.YES)
    home = msgspec.structs.replace(report.relays[0], latency_ms=RelayLatency(stun_v4=94.0), jitter_ms=61.0)
    told = PreferredRelay(region_id=2, region_code="fra", reason="lowest latency", evidence=home.evidence)
    return msgspec.structs.replace(report, relays=(home, *report.relays[1:]), preferred_relay=told)


def _moved(*moves: tuple[int, int], here: bool = True) -> Report:
    """Frankfurt and Amsterdam are equally near; in earlier runs the home moved like that, half an hour apart."""
    builder = Builder()
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v4=rtt)
    told = [
        {"ago_s": 1800.0 * (len(moves) - at), "old": old, "new": new, "here": here}
        for at, (old, new) in enumerate(moves)
    ]
    words = f"in earlier runs of the last 24 hours the home relay moved {len(moves)} times"
    builder.observe("relay.moves", Outcome.ANSWERED, summary=words, data={"moves": told})
    return builder.report(udp=Tri.YES)


def home_flaps() -> Report:
    return _moved((2, 3), (3, 2), (2, 3), (3, 2))


def home_moved_once() -> Report:
    """There and back, and once to a third: a bad moment each."""
    return _moved((2, 3), (3, 2), (2, 4))


def home_moved_elsewhere() -> Report:
    """The computer is carried to and fro: the moves were in other networks."""
    return _moved((2, 3), (3, 2), (2, 3), (3, 2), here=False)


HOME_SCENES = (home_inside, home_far, home_one_quick_sample, home_flaps, home_moved_once, home_moved_elsewhere)
