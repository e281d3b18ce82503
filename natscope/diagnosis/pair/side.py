"""What is known of one node for the question whether two of them meet.

Every field is known or not, with the strength of what it rests on. `from_report.py` and `from_mesh.py` fill it; who
reads another program's output fills the same fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.addresses import Kind, kind_of
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.model.nat import Filtering
from natscope.model.tri import Tri

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """An answer, how much it carries, and what it rests on. Strength means nothing while the value is unknown."""

    value: T
    strength: Strength = Strength.ABSENCE
    evidence: tuple[str, ...] = ()


NOT_TOLD: Told[Tri] = Told(Tri.UNKNOWN)
NO_FILTER: Told[Filtering] = Told(Filtering.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Names:
    """A side in sentences: "your side", "your", "on your side"; "nas", "nas's", "at nas"."""

    called: str
    whose: str
    at: str


YOU = Names("your side", "your", "on your side")
PEER = Names("the peer", "the peer's", "at the peer")


MAX_NAME = 63
"""A label of a DNS name is no longer (RFC 1035 section 2.3.4); what is comes from nobody who means well."""


def named(name: str) -> Names:
    """A side by its own name; `PEER` for none."""
    name = name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"
    return Names(name, f"{name}'s", f"at {name}") if name else PEER


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilySide:
    """One family. `works`: does anything come back over UDP; `absent`: is that for want of an address or a route.

    `translated`: is the public address another one than the node's own. `varies`: does the public port or address
    differ by destination; `varies_by_address_only`: the port stays the same. `lets_in`: whose packets come in.
    `predictable`: do new public ports follow a pattern. `paired`: one public address for all destinations.
    `hairpin`: does the router turn packets to its own public address round, showing the sender's public endpoint.
    `burns`: does a packet that comes before ours take the port towards its sender away.
    `opens`: is a port open from outside, `opened` where; `service`: does the router open ports for who asks.
    """

    works: Told[Tri] = NOT_TOLD
    absent: Told[Tri] = NOT_TOLD
    translated: Told[Tri] = NOT_TOLD
    varies: Told[Tri] = NOT_TOLD
    varies_by_address_only: Tri = Tri.UNKNOWN
    lets_in: Told[Filtering] = NO_FILTER
    predictable: Told[Tri] = NOT_TOLD
    paired: Told[Tri] = NOT_TOLD
    hairpin: Told[Tri] = NOT_TOLD
    burns: Told[Tri] = NOT_TOLD
    opens: Told[Tri] = NOT_TOLD
    opened: tuple[Endpoint, ...] = ()
    service: Told[Tri] = NOT_TOLD
    public: tuple[IPAddress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One node.

    `masked`: what stands for its public addresses and those over IPv6 is comparable with nothing of another side;
    `relays_masked`: nor are codes of its relays. `blurred` says why nothing that was measured is about its own network
    (empty: it is). `layers`: routers that translate on its way out. `endpoints` are candidates it tells; `tells_all`:
    they are the whole list of its mesh program, so what is not there it does not tell. `local` addresses of its own
    interfaces that others in its network could use. `latency_ms` by relay code, round trips; `silent_relays` were asked
    and did not answer at all. `missing` is what would tell more.
    """

    names: Names = PEER
    is_measured: bool = False
    masked: bool = False
    relays_masked: bool = False
    blurred: str = ""
    udp: Told[Tri] = NOT_TOLD
    v4: FamilySide = FamilySide()
    v6: FamilySide = FamilySide()
    layers: int | None = None
    endpoints: tuple[Endpoint, ...] = ()
    tells_all: bool = False
    local: tuple[IPAddress, ...] = ()
    home: str = ""
    latency_ms: dict[str, float] = field(default_factory=dict)
    silent_relays: frozenset[str] = frozenset()
    missing: str = "a report of it (natscope netcheck)"

    @property
    def called(self) -> str:
        """Itself."""
        return self.names.called

    @property
    def whose(self) -> str:
        """Of it, before a noun."""
        return self.names.whose

    @property
    def at(self) -> str:
        """Where it is."""
        return self.names.at

    def family(self, family: Family) -> FamilySide:
        """IPv4 or IPv6."""
        return self.v4 if family == 4 else self.v6

    def of_kind(self, *kinds: Kind, family: Family | None = None) -> tuple[Endpoint, ...]:
        """Its candidates whose address is of one of the kinds."""
        return tuple(e for e in self.endpoints if kind_of(e.ip) in kinds and (family is None or e.family == family))


def weaker(told: Told[T], limit: Strength) -> Told[T]:
    """The same answer, carrying at most so much."""
    return Told(told.value, min(told.strength, limit, key=list(Strength).index), told.evidence)
