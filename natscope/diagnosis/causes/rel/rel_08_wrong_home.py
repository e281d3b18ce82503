"""The home relay is not the best one for this computer.

What it is
    A node of a mesh waits for first packets at one relay, its home, and everything relayed to it goes by that one. It
    is chosen by round trips over UDP alone as soon as one relay answers over UDP. So a relay next door whose STUN port
    is closed loses against one far away; a relay of which one sample was quick wins against one that is quick always;
    and a relay inside this network wins against all others although peers elsewhere do not reach it.

What we look for
    - a home relay with an address inside this network, while relays outside answered, too: peers elsewhere do not get
      there unless they reach it by another address;
    - another relay whose median round trip is clearly shorter: by 10 ms, and by a third of the home's. Over HTTPS where
      it does not answer over UDP, which only overstates its time.

What would contradict it
    - the home relay answers at a public address, too;
    - over HTTPS the home relay is about as near as the other one.
    Where no relay saw a public address at all, that is the matter (NS-CTL-11).

What to do
    - Correct what keeps the nearer relay silent over UDP: its port is closed or not mapped (NS-REL-02). Where that
      relay alone is silent, the one finding says both.
    - Give a region that nobody outside reaches a name and address that everybody reaches, or keep clients from making
      it their home: `NoMeasureNoHome` for the region, or a score above 1 in `HomeParams.RegionScore`.
    - A proxy or VPN that carries all packets chooses for you (NS-ENV-01, NS-ENV-02): let the agent go past it.

How to verify
    `natscope netcheck` names the nearer relay as home.

Sources
    upstream net/netcheck/netcheck.go (addReportHistoryAndSetPreferredDERP: STUN first, the margin of 10 ms and a
    third), tailcfg/derpmap.go (NoMeasureNoHome, HomeParams.RegionScore), wgengine/magicsock/derp.go (who waits where).
"""

from __future__ import annotations

import ipaddress

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.rel.relay_words import label
from natscope.diagnosis.facts import Facts, cite, host_of, is_public, ordered
from natscope.diagnosis.missing import HTTPS
from natscope.model.address_space import is_private
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.report import RelayReport
from natscope.model.tri import Tri

MARGIN_MS, SHARE = 10.0, 2 / 3
"""What upstream wants before a home moves."""
ENOUGH = 3
"""Samples of which a median says more than the smallest."""


def _fix(do: str, effort: str, undo: str) -> Fix:
    return Fix(do=do, who="relay's admin", effort=effort, duration="10 min", undo=undo, verify="natscope netcheck")


KEEP_OFF = _fix(
    "In the map, set NoMeasureNoHome for that region, or give it a score above 1 (HomeParams.RegionScore).",
    "E2",
    "take it out",
)
OUTSIDE = _fix("Give that relay a name and an address that peers outside reach.", "E3", "put the old ones back")
OPEN = _fix("Open the nearer relay's UDP port 3478, and check its STUNPort in the map.", "E3", "close it")

CAUSE = Cause(
    id="NS-REL-08",
    title="The home relay is not the best one for this computer.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin",),
    fires=("home-inside", "home-far", "home-one-quick-sample"),
    silent=("healthy", "own-relay", "inside-relays", "stun-closed", "udp-blocked", "no-network"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06"),
    fixes=(KEEP_OFF, OPEN),
)


def evidence(facts: Facts) -> Support:
    """A home that nobody outside reaches, or one that is clearly farther than another relay."""
    home = _home(facts)
    if home is None:
        return unknown("a home relay")
    return _inside(facts, home) or _farther(facts, home)


def against(facts: Facts) -> Support:
    """A public address of a home inside; round trips over HTTPS that do not show the difference."""
    home = _home(facts)
    if home is None:
        return unknown("a home relay")
    if _answers_inside(facts, home):
        reached = tuple(o for o in _answers(facts, home) if is_public(host_of(o)))
        return Support(Tri.YES, (Ground(Strength.FACT, "it has a public address, too", cite(reached)),)) if reached \
            else NOTHING  # fmt: skip
    nearer = _nearer(facts, home)
    if nearer is None:
        return NOTHING
    mine, other = home.latency_ms.https, nearer.latency_ms.https
    if mine is None or other is None or _clearly(other, mine):
        return NOTHING
    cited = _web(facts, home) + _web(facts, nearer)
    return Support(Tri.YES, (Ground(Strength.FACT, "over HTTPS the home relay is about as near", cited),))


def _home(facts: Facts) -> RelayReport | None:
    chosen = facts.report.preferred_relay.region_id
    return next((relay for relay in facts.relays if relay.region_id == chosen), None)


def _answers(facts: Facts, home: RelayReport) -> tuple[Observation, ...]:
    return facts.seen("stun.binding", Outcome.ANSWERED, region_id=home.region_id)


def _answers_inside(facts: Facts, home: RelayReport) -> tuple[Observation, ...]:
    return tuple(o for o in _answers(facts, home) if _is_inside(host_of(o)))


def _inside(facts: Facts, home: RelayReport) -> Support | None:
    """The address is a fact; that it sees our address inside, as nobody beyond a router does, is another."""
    answers = _answers_inside(facts, home)
    if not answers or not facts.seen_from_outside:
        return None
    own = {address.partition("%")[0] for interface in facts.report.interfaces for address in interface.addresses}
    at = host_of(answers[0])
    here = "this computer" if at in own or ipaddress.ip_address(at).is_loopback else "this network"
    grounds = [Ground(Strength.FACT, f"the home relay's address is one of {here}", cite(answers))]
    untranslated = tuple(o for o in answers if _told(o) in own)
    if untranslated:
        grounds.append(Ground(Strength.FACT, "it sees this computer's own address", cite(untranslated)))
    return Support(
        Tri.YES,
        tuple(grounds),
        title=f"{label(home)}: the home relay is in {here}, where peers elsewhere may not reach it.",
        detail=f"It answers at {at}; relays outside answered, too.",
        fixes=(KEEP_OFF, OUTSIDE),
    )


def _farther(facts: Facts, home: RelayReport) -> Support:
    mine = home.latency_ms.relay
    if mine is None:
        return unknown("the round trip to the home relay")
    near = _nearer(facts, home)
    if near is None:
        missing = _untold(facts, home, mine)
        return unknown(missing) if missing else NOTHING
    other = near.latency_ms.relay or 0.0
    cited = ordered(near.evidence)[-2:] + ordered(home.evidence)[:2]
    names = f"{label(near)} is {other:.0f} ms away, the home relay {label(home)} {mine:.0f} ms"
    title = f"{label(home)}: the home relay is clearly farther than {label(near)}."
    if not _by_udp(near) and _by_udp(home):
        cited = _web(facts, near) + ordered(home.evidence)[:2]
        deaf = facts.stun_answered(near)
        if deaf.holds is not Tri.NO:
            return unknown("a STUN request to the nearer relay")
        grounds = (
            Ground(Strength.FACT, "the nearer relay is silent over UDP, so it was not chosen", deaf.evidence),
            Ground(Strength.FACT, "its round trip over HTTPS is clearly shorter than the home's over UDP", cited),
        )
        title = (
            f"{label(near)} is {other:.0f} ms away but answers over HTTPS only; a home is chosen by UDP, so "
            f"{label(home)} ({mine:.0f} ms) is the home."
        )
        return Support(Tri.YES, grounds, title=title, fixes=(OPEN,), refines=_same_fault(facts, near))
    medians = [Ground(Strength.FACT, "its median round trip is clearly shorter", cited)]
    web = home.latency_ms.https, near.latency_ms.https
    if _by_udp(near) and web[0] is not None and web[1] is not None and _clearly(web[1], web[0]):
        medians.append(Ground(Strength.FACT, "so is the one over HTTPS", _web(facts, near)))
    how = f"by medians of {home.samples} samples" if _by_udp(near) else "over HTTPS, which is all that gets out"
    return Support(Tri.YES, tuple(medians), title=title, detail=f"{names}, {how}.", severity=Severity.INFO,
                   fixes=(KEEP_OFF,), missing=(HTTPS,) if None in web else ())  # fmt: skip


def _untold(facts: Facts, home: RelayReport, mine: float) -> str:
    """What would tell whether another relay is nearer; empty where all are known to be as far, or dead."""
    for relay in facts.relays:
        time = relay.latency_ms.relay
        if relay is home:
            continue
        if time is None and facts.alive(relay) is Tri.UNKNOWN:
            return "a round trip to each relay"
        if time is not None and _by_udp(relay) and _clearly(time, mine):
            return "three samples of each round trip"
    return ""


def _same_fault(facts: Facts, near: RelayReport) -> tuple[str, ...]:
    """A closed STUN port needs no finding of its own beside this one, unless other relays are silent as well."""
    silent = [relay for relay in facts.relays if facts.stun_answered(relay).holds is Tri.NO]
    return ("NS-REL-02",) if silent == [near] else ()


def _nearer(facts: Facts, home: RelayReport) -> RelayReport | None:
    """The nearest of those that are clearly nearer than the home."""
    mine = home.latency_ms.relay
    if mine is None:
        return None
    found = [
        (time, relay.region_id, relay)
        for relay in facts.relays
        if relay is not home and (time := relay.latency_ms.relay) is not None and _clearly(time, mine)
        if not _by_udp(relay) or min(relay.samples, home.samples) >= ENOUGH
    ]
    return min(found)[2] if found else None


def _clearly(near: float, far: float) -> bool:
    return far - near >= MARGIN_MS and near <= far * SHARE


def _by_udp(relay: RelayReport) -> bool:
    return relay.latency_ms.stun_v4 is not None or relay.latency_ms.stun_v6 is not None


def _web(facts: Facts, relay: RelayReport) -> tuple[str, ...]:
    return cite(facts.seen("https.latency", Outcome.ANSWERED, region_id=relay.region_id))[:1]


def _told(observation: Observation) -> str:
    """The address that it sees."""
    try:
        return str(Endpoint.parse(str(observation.data.get("mapped", ""))).ip)
    except ValueError:
        return ""


def _is_inside(text: str) -> bool:
    """Not 100.64.0.0/10: that may be the mesh itself."""
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return False
    return is_private(ip) or ip.is_loopback or ip.is_link_local
