"""What to expect of a network before a mesh VPN is installed in it. `Preflight` is what `--json` prints."""

from __future__ import annotations

import enum

import msgspec

from natscope.model.finding import Finding, Fix
from natscope.model.report import Cost
from natscope.model.tri import Tri

SCHEMA = "natscope.preflight/1"


class Expected(enum.StrEnum):
    """What connections from this network will be. `SOMETIMES`: direct with special peers only."""

    DIRECT = "direct"
    SOMETIMES = "sometimes"
    RELAYED = "relayed"
    UNKNOWN = "unknown"


class PeerKind(enum.StrEnum):
    """Kinds of peers, elsewhere in the internet. `IPV6`: as `RANDOM` over IPv4, with IPv6 beside it."""

    SERVER = "server"
    HOME = "home"
    RANDOM = "random"
    IPV6 = "ipv6"
    BLOCKED = "blocked"


class PeerForecast(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of peer. `path`: `direct`, `relay` or `unknown`; `via` names the way where it is direct (`v4`, `v6`,
    `port-mapping`). `reason` is one clause.
    """

    kind: PeerKind
    name: str
    path: str
    via: str = ""
    reason: str = ""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Whether something gets out of this network and back. `what` is stable (`udp`, `udp-3478`, `tcp-443`, `dns`, …),
    `name` for people, `says` the clause behind it. `evidence` are observation ids of the netcheck.
    """

    what: str
    name: str
    open: Tri = Tri.UNKNOWN
    says: str = ""
    evidence: tuple[str, ...] = ()


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the surroundings. `about`: `proxy`, `resolver`, `collision`, `tunnel`, `mtu`, `firewall`, `portal`,
    `tls`. `state`: `ok`, `look`, `bad`, `unknown`. `causes` are ids of the catalogue.
    """

    about: str
    state: str
    says: str
    causes: tuple[str, ...] = ()


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict. `share` of peers in words (`nearly every peer`, `most peers`, `few peers`, `no peer`, empty where it
    is not known); `sentence` is the whole first line; `explanation` one or two sentences.
    """

    expected: Expected
    sentence: str
    share: str = ""
    explanation: str = ""


class Preflight(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `changes` are what you can do before you install, cheapest first. `letter` is a text to send to who runs
    the network, empty where there is nothing to ask for. `findings` are the netcheck's, `run_id` names it.
    """

    schema: str
    natscope: str
    run_id: str
    started_at: str
    duration_ms: float
    interrupted: bool
    forecast: Forecast
    peers: tuple[PeerForecast, ...]
    openings: tuple[Opening, ...]
    notices: tuple[Notice, ...]
    changes: tuple[Fix, ...]
    letter: str
    findings: tuple[Finding, ...]
    relay_map: str
    cost: Cost
