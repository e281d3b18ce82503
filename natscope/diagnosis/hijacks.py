"""What a report says about tunnels that carry our packets elsewhere, for the causes that name them."""

from __future__ import annotations

from dataclasses import dataclass

from natscope.diagnosis.cause import Ground, Strength
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.words import enumerated
from natscope.model.report_surroundings import UplinkReport, WayReport
from natscope.model.tri import Tri

NAT_UNTOLD = ("how your router translates (NAT type)", "what the network here lets through", "the nearest relay")
NETCHECK = "natscope netcheck"
MAX_NAME = 40


@dataclass(frozen=True, slots=True)
class Past:
    """What relays see past the tunnel: words for people, and the ground."""

    words: str = ""
    grounds: tuple[Ground, ...] = ()


def through(facts: Facts, owner: str = "") -> WayReport | None:
    """The way that leads through a tunnel or a proxy elsewhere, of that owner if one is given; IPv4 first."""
    known = facts.report.surroundings.ways
    ways = (w for w in known if (w.tunnel is Tri.YES or w.owner == "proxy") and not w.failure)
    return next((w for w in ways if owner in ("", w.owner)), None)


def visible(text: str) -> str:
    """A name of an interface or the like, cut: the system gives it, but whoever made the interface chose it."""
    return text if len(text) <= MAX_NAME else f"{text[: MAX_NAME - 1]}…"


def agent_is_outside(way: WayReport) -> bool:
    """Whether packets with the mark of a mesh agent leave by another interface than ours."""
    return way.agent_interface not in ("", way.interface)


def past_it(facts: Facts, way: WayReport) -> Past:
    """What was seen over the other uplinks: another address is a fact of its own, an answer shows that one can pass."""
    answered = [u for u in facts.report.surroundings.uplinks if u.family == way.family and u.answers is Tri.YES]
    if not answered:
        return Past()
    uplink = answered[0]
    inside = {e.address for e in facts.endpoints(4 if way.family == 4 else 6)}
    told = addresses(uplink)
    if not told or inside & set(told):
        words = f"Relays answer past it too, by {visible(uplink.interface)}."
        return Past(words, (Ground(Strength.FACT, f"relays answer by {uplink.interface}", uplink.evidence),))
    words = f"Past it, by {visible(uplink.interface)}, relays see {enumerated(told)}"
    words += f"; through it {enumerated(sorted(inside))}." if inside else "."
    return Past(words, (Ground(Strength.FACT, "relays see another address past it", uplink.evidence),))


def addresses(uplink: UplinkReport) -> list[str]:
    """Public addresses without their ports, once each."""
    return list(dict.fromkeys(text.rpartition(":")[0].strip("[]") for text in uplink.public))
