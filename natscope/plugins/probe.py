"""What a probe is: a declaration, and a coroutine that observes.

A probe module has `PROBE = Probe(...)` and `async def run(ctx: ProbeContext) -> None`. It records observations and
never concludes, prints or raises to the user. What it contacts and costs is declared, so that `natscope targets`,
`--only`/`--skip` and the documentation are made from the declaration.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from natscope.host.api import Failure, Host, LinkFacts
from natscope.host.http_api import Http
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.model.observation import Observation, Outcome
from natscope.model.relay_map import LoadedMap, RelayMap, RelayNode
from natscope.plugins.stun_plan import TAILSCALE_FORM, ProbePlan

QUICK, DEFAULT, FULL = PROFILES = ("quick", "default", "full")
"""Each profile runs the probes of the ones before it too."""


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
    def timeout_s(self) -> float:
        """The limit of the whole run."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known before anything is sent: enough to say whom a probe would contact."""

    loaded_map: LoadedMap
    options: ProbeOptions
    families: tuple[Family, ...]
    plan: ProbePlan


@dataclass(frozen=True, slots=True)
class Budget:
    """An upper bound of what the probe spends, for people (`packets` and payload `bytes` sent, `seconds`)."""

    packets: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Contact:
    """A host that a probe would send to. `packets` and `bytes` are upper bounds of what is sent, `seconds` of how long.

    `always` is False for contacts that happen only when something else fails.
    """

    host: str
    port: int | None
    protocol: str
    packets: int
    bytes: int
    seconds: float
    why: str
    always: bool = True


def no_contacts(scope: Scope) -> tuple[Contact, ...]:
    """For probes that send nothing."""
    return ()


def always(scope: Scope) -> str:
    """For probes that run whenever their profile does."""
    return ""


@dataclass(frozen=True, slots=True)
class Probe:
    """The declaration of a probe.

    `name` is the module's name and what `--only`/`--skip` take. `after` names probes that must have ended first.
    `when` gives an empty text, or the reason why the probe is skipped. `needs` are `Host.capabilities`. `emits` are
    observation kinds. `flag` is the option that makes a skipped probe run. `holds` False: the run does not wait for
    this probe when everything else is done.
    """

    name: str
    title: str
    profile: str = DEFAULT
    families: tuple[Family, ...] = (4, 6)
    after: tuple[str, ...] = ()
    when: Callable[[Scope], str] = always
    needs: frozenset[str] = frozenset()
    budget: Budget = Budget(0, 0, 0.0)
    contacts: Callable[[Scope], tuple[Contact, ...]] = no_contacts
    emits: tuple[str, ...] = ()
    flag: str = ""
    holds: bool = True


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
        """When the run must have ended, on the host's clock."""
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


RunFunction = Callable[[ProbeContext], Awaitable[None]]
