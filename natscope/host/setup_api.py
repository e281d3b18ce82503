"""How a computer is set up for a node of a mesh: its programs, who writes resolv.conf, forwarding, offloads.

Looking changes nothing and sends nothing. What could not be read has its reason in `unread`, by the name of the field.
"""

from __future__ import annotations

from typing import Protocol

import msgspec


class AgentProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A tailscaled of root or of this user that runs here. `socket` is the one that its command line names, empty for
    the usual place; `socket_here`: is there something of that name, or has it a file system of its own (a container).

    `userspace`: does it run without a tunnel device. `replaced`: has its program file been replaced since it started
    (an update without a restart); None where that is not told.
    """

    pid: int
    socket: str = ""
    socket_here: bool = False
    userspace: bool | None = None
    replaced: bool | None = None


class ResolverFile(msgspec.Struct, frozen=True, kw_only=True):
    """`/etc/resolv.conf`. `target` is where a symbolic link leads, `writer` who says in a comment that it wrote it.

    `writer`: `systemd-resolved`, `NetworkManager`, `resolvconf`, `openresolv`, `tailscale`, `connman`, `dhcpcd`, …,
    empty where nobody signed.
    """

    target: str = ""
    writer: str = ""


class Offload(msgspec.Struct, frozen=True, kw_only=True):
    """How a driver joins and cuts UDP packets; None: not told, or not known to it.

    ethtool's rx-udp-gro-forwarding, rx-gro-list and tx-udp-segmentation.
    """

    udp_gro_forwarding: bool | None = None
    gro_list: bool | None = None
    udp_segmentation: bool | None = None


class SetupFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One look. `programs`: path by name, of `tailscaled` and `tailscale`. `forwarding`: by family, 4 and 6.

    `enabled`: does systemd start tailscaled at boot, None where it cannot be told. `user` is the login name. `offloads`
    are those of interfaces with a default route, and of tunnels.
    """

    user: str = ""
    is_root: bool | None = None
    programs: dict[str, str] = {}
    agents: tuple[AgentProcess, ...] = ()
    enabled: bool | None = None
    resolver: ResolverFile | None = None
    forwarding: dict[int, bool] = {}
    offloads: dict[str, Offload] = {}
    unread: dict[str, str] = {}


class Setup(Protocol):
    """Reads it."""

    async def look(self) -> SetupFacts:
        """The facts now; never raises."""
        ...


class UntoldSetup:
    """A computer that tells nothing; `reason` stands in place of everything."""

    def __init__(self, reason: str = "this system does not tell it") -> None:
        self.reason = reason

    async def look(self) -> SetupFacts:
        """Nothing, for one reason."""
        return SetupFacts(unread=dict.fromkeys(PARTS, self.reason))


PARTS = tuple(name for name in SetupFacts.__struct_fields__ if name != "unread")
"""The names that may stand in `unread`."""
