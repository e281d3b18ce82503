"""What `natscope derp check` found: each relay node step by step, packets between clients, findings, a verdict.

`DerpCheck` is the document that `--json` prints. Everything not checked is there with its reason.
"""

from __future__ import annotations

import enum

import msgspec

from natscope.model.finding import Finding
from natscope.model.observation import Observation
from natscope.model.report import Cost, MapReport
from natscope.model.tri import Tri

SCHEMA = "natscope.derp-check/1"


class StepName(enum.StrEnum):
    """What is looked at, in the order of a connection."""

    NAME = "name"
    CONNECT = "connect"
    TLS = "tls"
    UPGRADE = "upgrade"
    ADMISSION = "admission"
    SAME_SERVER = "same-server"
    RELAY = "relay"
    MESH = "mesh"
    STUN = "stun"
    CLOCK = "clock"
    PORT80 = "port80"


class StepState(enum.StrEnum):
    """How a step went. `unknown`: it could not be checked. `not-reached`: an earlier one failed. `not-asked`: the map
    does not promise it, or it makes no sense for this node.
    """

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_REACHED = "not-reached"
    NOT_ASKED = "not-asked"


class StepReport(msgspec.Struct, frozen=True, kw_only=True):
    """One step at one node. `says` is a short clause for people, the reason where the step was not checked."""

    name: StepName
    state: StepState
    says: str = ""
    evidence: tuple[str, ...] = ()


class AddressReport(msgspec.Struct, frozen=True, kw_only=True):
    """One address of a node. `reached` is the last step that went well, null where none did.

    Times are milliseconds of each part alone. `server_key` is the relay's public key in hexadecimal. `error` is a
    stable code, `message` its clause. `proxy` is the HTTP proxy in between, empty without.
    """

    address: str
    family: int
    reached: StepName | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    upgrade_ms: float | None = None
    greeting_ms: float | None = None
    server_key: str = ""
    error: str = ""
    message: str = ""
    proxy: str = ""
    evidence: tuple[str, ...] = ()


class CertificateReport(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate that a node shows. `certificates` is the length of the chain that it shows, `sha256` that of its
    own one, as a pin in the map has it. `ends` is ISO 8601. `pinned`: the map pins it; `verified`: a client accepts it.
    """

    names: tuple[str, ...] = ()
    issuer: str = ""
    certificates: int = 0
    days_left: float | None = None
    lifetime_days: float | None = None
    ends: str = ""
    sha256: str = ""
    pinned: bool = False
    verified: Tri = Tri.UNKNOWN
    tls_version: str = ""


class StunReport(msgspec.Struct, frozen=True, kw_only=True):
    """Requests to one address and its UDP port. `rtt_ms` is the median; `mapped` the endpoint that the relay told."""

    address: str
    family: int
    sent: int
    answered: int
    rtt_ms: float | None = None
    mapped: str | None = None
    error: str = ""
    evidence: tuple[str, ...] = ()


class SizeReport(msgspec.Struct, frozen=True, kw_only=True):
    """Single packets of one length. `time_ms` is the median of those that arrived."""

    bytes: int
    sent: int
    arrived: int
    time_ms: float | None = None


class PassageReport(msgspec.Struct, frozen=True, kw_only=True):
    """Packets from a client on one node to a client on the same or another node of its region, one direction.

    `works`: do packets arrive. Both clients are on this computer, so `time_ms` (median) is one way to the relay and one
    back: what two peers pay for the relay at least. `in_order`: nothing overtook. `altered` packets came with another
    content. `stream_bytes_per_s` was reached with few packets on the way, so it is a lower bound; null where no stream
    was sent. `absent`: the relay said that it does not know the receiver. `pings_answered`: it answered the sender's
    pings. `wait_ms`: how long the first packet took to arrive, repeated until it did.
    """

    region_id: int
    sender: str
    receiver: str
    works: Tri = Tri.UNKNOWN
    sent: int = 0
    arrived: int = 0
    loss: float | None = None
    time_ms: float | None = None
    fastest_ms: float | None = None
    slowest_ms: float | None = None
    in_order: Tri = Tri.UNKNOWN
    doubled: int = 0
    altered: int = 0
    sizes: tuple[SizeReport, ...] = ()
    stream_bytes: int = 0
    stream_bytes_per_s: float | None = None
    absent: bool = False
    pings_answered: Tri = Tri.UNKNOWN
    wait_ms: float | None = None
    reason: str = ""
    evidence: tuple[str, ...] = ()


class NodeReport(msgspec.Struct, frozen=True, kw_only=True):
    """One node of the map. `relays`: do two clients meet through it.

    `server_keys` are all that it showed, one where all is well. `clock_off_s`: how far its clock is ahead of ours.
    `port80`: `answers`, `redirects`, `other`, `closed`, `silent`, empty where the map does not promise it.
    `limit_bytes_per_s`: what it lets a client send, null where it sets no limit or did not say.
    """

    region_id: int
    region_code: str
    node: str
    host_name: str
    stun_only: bool
    relays: Tri
    steps: tuple[StepReport, ...]
    addresses: tuple[AddressReport, ...] = ()
    certificate: CertificateReport | None = None
    stun: tuple[StunReport, ...] = ()
    server_keys: tuple[str, ...] = ()
    clock_off_s: float | None = None
    port80: str = ""
    limit_bytes_per_s: int | None = None

    def step(self, name: StepName) -> StepReport:
        """The step of that name; every node has all of them."""
        return next(step for step in self.steps if step.name is name)


class CheckVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is the worst that matters; the counts are of nodes that relay (or answer STUN, if they do only that), do
    not, or could not be checked. `sentence` is the answer in one line.
    """

    state: StepState
    good: int
    bad: int
    unknown: int
    sentence: str


class DerpCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One check. `interrupted` after Ctrl-C; `limit_reached` when the time limit ended it: what was not finished then
    is `unknown`. `passages` are all directions between clients: on one node first, then between nodes of a region.
    """

    schema: str
    natscope: str
    started_at: str
    duration_ms: float
    interrupted: bool
    limit_reached: bool
    verdict: CheckVerdict
    nodes: tuple[NodeReport, ...]
    passages: tuple[PassageReport, ...]
    findings: tuple[Finding, ...]
    relay_map: MapReport
    cost: Cost
    observations: tuple[Observation, ...] = ()
