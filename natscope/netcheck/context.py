"""What the probes of one run share, and the view of it that each probe gets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from natscope.host.api import Host, LinkFacts
from natscope.model.endpoint import Family, IPAddress
from natscope.model.observation import Observation, Outcome
from natscope.model.relay_map import LoadedMap, RelayMap, RelayNode
from natscope.netcheck.node_addresses import NodeAddresses
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.progress import Progress
from natscope.netcheck.recorder import Recorder
from natscope.netcheck.stun_mux import Channel, Exchange, StunMux
from natscope.plugins.stun_plan import ProbePlan

if TYPE_CHECKING:
    from natscope.host.http_api import Http


class SharedRun:
    """The state of a run: plan, sockets, names, recorder, progress."""

    def __init__(
        self,
        host: Host,
        loaded_map: LoadedMap,
        options: NetcheckOptions,
        families: tuple[Family, ...],
        http: Callable[[], Http],
        progress: Callable[[Progress], None] | None,
        started: float,
    ) -> None:
        self.host = host
        self.loaded_map = loaded_map
        self.options = options
        self.families = families
        self.plan = ProbePlan()
        self.deadline = started + options.timeout_s
        self.limit = started + options.whole_s
        self.recorder = Recorder(started)
        self.addresses = NodeAddresses(host, self._observe_lookup)
        self.mux = StunMux(host, options, self.tell)
        self.expected_until = started
        """Until when a probe that does not hold the run expects an answer."""
        self.step = "starting"
        self._make_http = http
        self._http: Http | None = None
        self._links: asyncio.Task[LinkFacts] | None = None
        self._progress = progress

    async def links(self) -> LinkFacts:
        """Looked at once."""
        if self._links is None:
            self._links = asyncio.get_running_loop().create_task(self.host.links.look())
        return await asyncio.shield(self._links)

    def known_links(self) -> LinkFacts | None:
        """What `links` found, None when nobody asked or it did not end."""
        task = self._links
        return task.result() if task is not None and task.done() and not task.cancelled() else None

    def http(self) -> Http:
        """Made at the first use: the client costs more to import than a whole STUN run."""
        if self._http is None:
            self._http = self._make_http()
        return self._http

    def tell(self) -> None:
        """Say how far the run is."""
        if self._progress is None:
            return
        self._progress(
            Progress(
                elapsed_s=self.host.clock.now() - self.recorder.started,
                regions_answered=len(self.mux.best_s),
                regions_total=len(self.plan.regions),
                ipv4=self._family_word(4),
                ipv6=self._family_word(6),
                step=self.step,
            )
        )

    def _family_word(self, family: Family) -> str:
        channel = self.mux.channels.get(family)
        if channel is None:
            return "refused" if family in self.mux.refused else "off"
        if channel.answered:
            return "answered"
        return "asking" if family in self.plan.families else "off"

    def _observe_lookup(self, kind: str, outcome: Outcome, **fields: Any) -> str:
        return self.recorder.observe("dns", kind, outcome, **fields)


class ProbeView:
    """One probe's `ProbeContext`: it signs its observations with the probe's name."""

    def __init__(self, shared: SharedRun, probe: str, *, outlasts: bool = False) -> None:
        self._shared = shared
        self._probe = probe
        self._outlasts = outlasts

    @property
    def host(self) -> Host:
        """The world."""
        return self._shared.host

    @property
    def http(self) -> Http:
        """HTTP on the host's streams."""
        return self._shared.http()

    @property
    def loaded_map(self) -> LoadedMap:
        """The map in use and where it came from."""
        return self._shared.loaded_map

    @property
    def relay_map(self) -> RelayMap:
        """The map itself."""
        return self._shared.loaded_map.relay_map

    @property
    def vendor(self) -> bool:
        """Whether the vendor's own map is in use."""
        return self._shared.loaded_map.vendor

    @property
    def options(self) -> NetcheckOptions:
        """What the user asked for."""
        return self._shared.options

    @property
    def families(self) -> tuple[Family, ...]:
        """The families of this run."""
        return self._shared.families

    @property
    def plan(self) -> ProbePlan:
        """The STUN sends."""
        return self._shared.plan

    @property
    def started(self) -> float:
        """The start of the run on the host's clock."""
        return self._shared.recorder.started

    @property
    def deadline(self) -> float:
        """When this probe must have ended."""
        return self._shared.limit if self._outlasts else self._shared.deadline

    def expect_until(self, when: float) -> None:
        """An answer may come until then."""
        self._shared.expected_until = max(self._shared.expected_until, when)

    async def links(self) -> LinkFacts:
        """Interfaces and routes."""
        return await self._shared.links()

    def stun(self, family: Family) -> Channel | None:
        """The shared socket of a family."""
        return self._shared.mux.channels.get(family)

    async def stun_activity(self, until: float) -> None:
        """Return at the next datagram or error, at `until` at the latest."""
        await self._shared.mux.activity(until)

    def exchanges(self) -> Sequence[Exchange]:
        """All STUN exchanges so far."""
        return self._shared.mux.exchanges()

    def answered_regions(self) -> Mapping[int, float]:
        """Region id to its smallest round trip so far in seconds."""
        return self._shared.mux.best_s

    async def resolve(self, node: RelayNode, family: Family, *, stun: bool = False) -> IPAddress:
        """The node's address. Raises `HostError`."""
        return await self._shared.addresses.of(node, family, stun=stun)

    def observe(self, kind: str, outcome: Outcome, **fields: Any) -> str:
        """Record; gives the id."""
        return self._shared.recorder.observe(self._probe, kind, outcome, **fields)

    def observations(self, kind: str) -> tuple[Observation, ...]:
        """What was recorded so far, of one kind. STUN exchanges are recorded at the end: see `exchanges`."""
        return self._shared.recorder.of_kind(kind)

    def at_ms(self, when: float) -> float:
        """A time of the host's clock as milliseconds since the start."""
        return self._shared.recorder.at_ms(when)

    def progress(self, step: str) -> None:
        """Say what is going on."""
        self._shared.step = step
        self._shared.tell()
