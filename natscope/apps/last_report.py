"""The report of this host's last netcheck, kept so that other commands can say why a peer is relayed.

One file in the state directory, readable by its owner alone, replaced in one step. It carries the identity of the
network it was measured in, because a report from another network explains nothing here.
"""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from natscope.host.api import Host, LinkFacts
from natscope.model.report import SCHEMA as REPORT_SCHEMA
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope.netcheck.record import RunRecord, write_private

SCHEMA = "natscope.last-report/1"
FILE_NAME = "last-report.json"
MAX_BYTES = 16 * 1024 * 1024
OUTDATED_S = 3600.0
"""Beyond this age a report is called old: leases, dial-ins and laptops change within hours, not minutes."""
TOO_OLD_S = 86_400.0
"""Beyond this age nobody knows where the computer has been meanwhile: it explains nothing any more."""
CLOCK_STEP_S = 60.0
"""How far a clock is set back in ordinary life."""


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """What tells one network from another without asking anybody.

    `routes` are `family interface gateway` of the default routes; `addresses` those of their interfaces: IPv4 as they
    are, IPv6 as /64 prefixes, because hosts change the rest of them daily (RFC 8981). `known` is False where this
    system tells no routes.
    """

    known: bool = True
    routes: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @classmethod
    def of(cls, links: LinkFacts | None) -> Network:
        """From a look at the interfaces; None: nobody looked."""
        if links is None or not links.routes_known:
            return cls(known=False)
        interfaces = {route.interface for route in links.default_routes}
        addresses = (ip for i in links.interfaces if i.name in interfaces for ip in i.addresses if not ip.is_link_local)
        return cls(
            routes=tuple(sorted({f"{r.family} {r.interface} {r.gateway or '-'}" for r in links.default_routes})),
            addresses=tuple(sorted({_place(str(ip)) for ip in addresses})),
        )

    def same_as(self, other: Network) -> Tri:
        """`no` when the default routes differ; `unknown` when only addresses do (a lease, or a twin of the network)."""
        if not self.known or not other.known:
            return Tri.UNKNOWN
        if self.routes != other.routes:
            return Tri.NO
        return Tri.YES if self.addresses == other.addresses else Tri.UNKNOWN


@dataclass(frozen=True, slots=True)
class LastReport:
    """`age_s` since the measurement began; `same_network`: are we still where it was measured."""

    report: Report
    age_s: float
    same_network: Tri

    @property
    def is_outdated(self) -> bool:
        """Old, or from another network."""
        return self.age_s > OUTDATED_S or self.same_network is Tri.NO

    @property
    def is_usable(self) -> bool:
        """Whether it may still explain something: of this network, or perhaps so, and of the last day."""
        return self.age_s <= TOO_OLD_S and self.same_network is not Tri.NO


class _Head(msgspec.Struct):
    schema: str = ""


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    network: Network
    report: Report


def is_whole(record: RunRecord) -> bool:
    """Whether a run speaks for this host: not cut short, not bound to a part, and not with relays on this computer."""
    options = record.options
    bound = options.interface or options.bind_address or options.only or options.skip or len(options.families) < 2
    nodes = [node for region in record.loaded_map.relay_map.measured_regions() for node in region.nodes]
    inside = bool(nodes) and all((ip := node.literal(4)) is not None and ip.is_loopback for node in nodes)
    return not (bound or inside or record.interrupted)


def keep_report(record: RunRecord, report: Report, state_dir: str) -> None:
    """Replace the kept report, unless the run `is_whole` not or is too large. Raises `OSError`."""
    if not state_dir or not is_whole(record):
        return
    network = Network.of(record.links.facts() if record.links is not None else None)
    data = msgspec.json.encode(_Kept(schema=SCHEMA, network=network, report=report)) + b"\n"
    if len(data) > MAX_BYTES:
        return
    os.makedirs(state_dir, mode=0o700, exist_ok=True)
    write_private(os.path.join(state_dir, FILE_NAME), data)


async def load_last(state_dir: str, host: Host, *, note: Callable[[str], None] | None = None) -> LastReport | None:
    """The kept report with what the host's clock and interfaces say of it; None where there is none to use.

    A file that is broken, too large, of another form or somebody else's is passed over with one sentence to `note`.
    """
    path = os.path.join(state_dir, FILE_NAME)
    try:
        data = _read_own(path)
        kept = _decode(data)
        age_s = _age_s(kept.report, host.clock.utc())
    except FileNotFoundError:
        return None
    except (OSError, _Unusable) as error:
        why = (error.strerror or "cannot be read").lower() if isinstance(error, OSError) else str(error)
        if note is not None:
            note(f"the last report {path} is not used: {why}; natscope netcheck makes a new one")
        return None
    return LastReport(kept.report, age_s, kept.network.same_as(Network.of(await host.links.look())))


class _Unusable(Exception):
    """Why a kept report is passed over."""


def _decode(data: bytes) -> _Kept:
    try:
        if msgspec.json.decode(data, type=_Head).schema != SCHEMA:
            raise _Unusable("it is of another form")
        kept = msgspec.json.decode(data, type=_Kept)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise _Unusable("it is damaged") from None
    if kept.report.schema != REPORT_SCHEMA:
        raise _Unusable("it is of another form")
    return kept


def _age_s(report: Report, now: datetime) -> float:
    """Never below 0; a clock that was set back further makes the age unknowable."""
    try:
        started = datetime.fromisoformat(report.started_at)
        age_s = (now - (started if started.tzinfo else started.replace(tzinfo=UTC))).total_seconds()
    except (ValueError, OverflowError):
        raise _Unusable("it is damaged") from None
    if age_s < -CLOCK_STEP_S:
        raise _Unusable("it is from the future, so the clock was changed")
    return max(age_s, 0.0)


def _read_own(path: str) -> bytes:
    """The file, which must be a plain one of ours (or root's) and of bounded size. Raises `OSError`, `_Unusable`."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise _Unusable("it is no plain file")
        if hasattr(os, "getuid") and found.st_uid not in (0, os.getuid()):
            raise _Unusable("it belongs to somebody else")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _Unusable(f"it is larger than {MAX_BYTES >> 20} MiB")
    return data


def _place(address: str) -> str:
    """IPv4 as it is, of IPv6 the /64."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network(f"{ip}/64", strict=False))
