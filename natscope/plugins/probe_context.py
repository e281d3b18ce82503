"""What a running probe may use: the world, the map, the shared sockets, and a place to write observations.

Interfaces only, so probe modules import them for type checking alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from natscope.host.api import Failure, Host, LinkFacts
from natscope.host.http_api import Http
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.model.observation import Observation, Outcome
from natscope.model.relay_map import LoadedMap, RelayMap, RelayNode
from natscope.plugins.stun_plan import TAILSCALE_FORM, ProbePlan


class ProbeOptions(Protocol):
    """What the user asked for, as far as probes may know."""

    @property
    def interface(self) -> str:
        """Bind sockets to this interface; empty: any."""
        ...

    @property
    def profile(self) -> str:
        """One of `PROFILES`."""
        ...

    @property
    def gentle(self) -> bool:
        """Send a quarter as fast, and once."""
        ...

    @property
    def https(self) -> bool:
        """Measure HTTPS for every relay, not just for silent ones."""
        ...

    @property
    def icmp(self) -> bool:
        """Measure ICMP for every relay, not just for silent ones."""
        ...

    @property
    def hairpin(self) -> bool:
        """Call our own public address, although the profile does not."""
        ...

    @property
    def lifetime(self) -> bool:
        """Measure how long mappings live, although the profile does not."""
        ...

    @property
    def udp_rate(self) -> bool:
        """Measure from which rate on UDP is dropped, although the profile does not."""
        ...

    @property
    def cross_check(self) -> bool:
        """Ask another program for a second opinion."""
        ...

    @property
    def skip(self) -> tuple[str, ...]:
        """Probes that are left out, by name."""
        ...

    @property
    def only(self) -> tuple[str, ...]:
        """The probes that were asked for by name; empty: all of the profile."""
        ...

    @property
    def bind_address(self) -> str:
        """The local address to send from; empty: any."""
        ...

    @property
    def timeout_s(self) -> float:
        """The limit of the run, slow probes apart."""
        ...


class StunExchange(Protocol):
    """One STUN request and what came of it so far. Times are seconds on the host's clock."""

    @property
    def target(self) -> Endpoint:
        """Whom it asked."""
        ...

    @property
    def region_id(self) -> int | None:
        """The region that was asked."""
        ...

    @property
    def sent_at(self) -> float:
        """When it left."""
        ...

    @property
    def answered_at(self) -> float | None:
        """When the first valid answer came, None so far."""
        ...

    @property
    def mapped(self) -> Endpoint | None:
        """Our address as the server saw it."""
        ...

    @property
    def failure(self) -> Failure | None:
        """An error instead of an answer, so far: local, or told by ICMP."""
        ...

    @property
    def is_open(self) -> bool:
        """Neither answered nor failed so far."""
        ...


class StunChannel(Protocol):
    """The run's one UDP socket of one family: probes that compare ports share it."""

    @property
    def family(self) -> Family:
        """4 or 6."""
        ...

    @property
    def local(self) -> Endpoint:
        """The bound address (may be the wildcard) and port."""
        ...

    def ask(
        self,
        target: Endpoint,
        *,
        probe: str,
        region_id: int | None = None,
        node: str = "",
        form: str = TAILSCALE_FORM,
        round: int = 0,  # noqa: A002 - the plan's word
    ) -> StunExchange:
        """Send a request with a fresh transaction id; never raises. The channel records the observation itself."""
        ...


class ProbeContext(Protocol):
    """What a probe may use. Nothing else: no sockets, no clock, no environment of its own."""

    @property
    def host(self) -> Host:
        """The world."""
        ...

    @property
    def http(self) -> Http:
        """HTTP on the host's streams; made at the first use."""
        ...

    @property
    def loaded_map(self) -> LoadedMap:
        """The map in use and where it came from."""
        ...

    @property
    def relay_map(self) -> RelayMap:
        """The map itself."""
        ...

    @property
    def vendor(self) -> bool:
        """Whether the vendor's own map is in use: only then may the vendor's hosts be asked."""
        ...

    @property
    def options(self) -> ProbeOptions:
        """What the user asked for."""
        ...

    @property
    def families(self) -> tuple[Family, ...]:
        """The families of this run."""
        ...

    @property
    def plan(self) -> ProbePlan:
        """The STUN sends."""
        ...

    @property
    def started(self) -> float:
        """The start of the run on the host's clock."""
        ...

    @property
    def deadline(self) -> float:
        """When this probe must have ended, on the host's clock."""
        ...

    def expect_until(self, when: float) -> None:
        """Something was asked, and an answer may come until `when` on the host's clock.

        For probes that do not hold the run: it is not over before, unless its limit is. Say no more than a sound
        network needs.
        """
        ...

    async def links(self) -> LinkFacts:
        """Interfaces and routes; looked at once a run."""
        ...

    def stun(self, family: Family) -> StunChannel | None:
        """The shared socket, None when it refused to open (that is an observation already)."""
        ...

    async def stun_activity(self, until: float) -> None:
        """Return when a datagram or an error came in on any channel, at `until` at the latest."""
        ...

    def exchanges(self) -> Sequence[StunExchange]:
        """All STUN exchanges of this run so far, in order of sending."""
        ...

    def answered_regions(self) -> Mapping[int, float]:
        """Region id to its smallest STUN round trip so far in seconds."""
        ...

    async def resolve(self, node: RelayNode, family: Family, *, stun: bool = False) -> IPAddress:
        """The node's address: a literal of the map, else DNS, asked once a run. `stun` honours STUNTestIP.

        Raises `HostError`; failed look-ups are observations already.
        """
        ...

    def observe(self, kind: str, outcome: Outcome, **fields: Any) -> str:
        """Record an observation (the fields of `Observation` but `id`, `kind`, `probe`, `outcome`); gives its id."""
        ...

    def observations(self, kind: str) -> tuple[Observation, ...]:
        """What was recorded so far, of one kind."""
        ...

    def at_ms(self, when: float) -> float:
        """A time of the host's clock as milliseconds since the start of the run."""
        ...

    def progress(self, step: str) -> None:
        """Say in a few words what is going on."""
        ...
