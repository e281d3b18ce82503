"""Everything that checks read, gathered once. Values only, so that every check is a pure function of them."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from natscope.host.api import LinkFacts, ResolverFacts
from natscope.host.settings_api import NetworkSettings
from natscope.host.setup_api import SetupFacts
from natscope.host.system_api import FirewallFacts, SystemFacts
from natscope.model.mesh_prefs import MeshPrefs
from natscope.model.mesh_status import MeshStatus
from natscope.model.report_surroundings import WayReport
from natscope.model.tri import Tri


class PartFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A package that natscope uses. `extra` is the extra that brings an optional one, empty for a needed one.

    `error` is why it cannot be loaded; `version` empty and no error: an optional one that is not installed.
    """

    name: str
    version: str = ""
    extra: str = ""
    error: str = ""


class ConfigFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration file or the environment's settings, by `layer`. `error` stops natscope, `warnings` do not."""

    layer: str
    path: str
    there: bool
    error: str = ""
    warnings: tuple[str, ...] = ()


class FolderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A directory that natscope writes to. `existing` is the nearest parent that is there; `reason` says why not."""

    kind: str
    path: str
    writable: bool
    existing: str = ""
    reason: str = ""


class MapFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The relay map that a netcheck would use. `kind`: `file`, `tailscaled`, `cache`, `fetched`, `stdin`, `none`.

    `none`: nothing is at hand, a netcheck would fetch it. `error` says what is wrong with what is there.
    """

    source: str
    kind: str
    regions: int = 0
    age_s: float | None = None
    error: str = ""


class OwnFacts(msgspec.Struct, frozen=True, kw_only=True):
    """natscope itself. `broken_plugins` are sentences, `plugins` counts those that load, `strangers` others'."""

    version: str = ""
    python: str = ""
    parts: tuple[PartFacts, ...] = ()
    plugins: int = 0
    strangers: int = 0
    broken_plugins: tuple[str, ...] = ()
    configs: tuple[ConfigFacts, ...] = ()
    folders: tuple[FolderFacts, ...] = ()
    relay_map: MapFacts | None = None


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was tried on loopback. `denied`: this user may not; `reason` is a clause for people."""

    works: Tri = Tri.UNKNOWN
    denied: bool = False
    reason: str = "it was not tried"


class SocketFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Sockets as natscope uses them. `errors`: does an ICMP error come back to the socket that sent."""

    udp: Trial = Trial()
    tcp: Trial = Trial()
    ping: Trial = Trial()
    errors: Trial = Trial()


class Contact(enum.StrEnum):
    """How asking a tailscaled went."""

    ANSWERED = "answered"
    ABSENT = "absent"
    """No socket stands in the usual places."""
    CLOSED = "closed"
    """A socket stands there, and nobody listens."""
    DENIED = "denied"
    """This user may not open it."""
    UNTRUSTED = "untrusted"
    """It belongs to another user, so it was not asked."""
    SILENT = "silent"
    ODD = "odd"
    """Something answers that is no tailscaled."""
    UNSUPPORTED = "unsupported"
    """This system has a form of socket that natscope cannot ask."""


class DaemonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A tailscaled. `socket` is the one that was asked, or all usual ones where none is there; `named`: by the user.

    `reason` says why there is no status. `forwarding` and `gro` are what its own checks warn of: empty is good, None
    was not told, `check_reasons` say why.
    """

    contact: Contact = Contact.ABSENT
    socket: str = ""
    named: bool = False
    reason: str = ""
    status: MeshStatus | None = None
    prefs: MeshPrefs | None = None
    prefs_reason: str = ""
    forwarding: str | None = None
    gro: str | None = None
    check_reasons: dict[str, str] = {}


class ProxySetting(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy variable. `url` has no credentials."""

    variable: str
    url: str
    usable: bool = True


class ClockFacts(msgspec.Struct, frozen=True, kw_only=True):
    """This clock beside a server's (`--online`). `off_s`: how far the server's is ahead; `reason`: why not told."""

    server: str = ""
    off_s: float | None = None
    reason: str = ""


class DoctorFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One look at everything. `ways`: by which interfaces packets to the internet leave; `clock`: with `--online`."""

    now: datetime
    own: OwnFacts = OwnFacts()
    sockets: SocketFacts = SocketFacts()
    links: LinkFacts = LinkFacts(routes_known=False)
    system: SystemFacts = SystemFacts()
    firewall: FirewallFacts = FirewallFacts(reason="it was not looked at")
    resolver: ResolverFacts = ResolverFacts()
    settings: NetworkSettings = NetworkSettings()
    proxies: tuple[ProxySetting, ...] = ()
    setup: SetupFacts = SetupFacts()
    ways: tuple[WayReport, ...] = ()
    daemon: DaemonFacts = DaemonFacts()
    clock: ClockFacts | None = None
