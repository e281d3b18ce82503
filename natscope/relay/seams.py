"""What a relay lets others decide or do: who may use it, which certificate it shows, which relays it meshes with.

All of these run on the asyncio loop that stands beside the relay's own (`natscope.relay.aside`); a relay on `Host`
streams has one loop for both. Each is replaced by giving another object of the same shape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec

from natscope.machines.derp.client import Client
from natscope.machines.derp.effects import Effects
from natscope.machines.derp.front import Front
from natscope.model.endpoint import Endpoint

if TYPE_CHECKING:
    import ssl

    from natscope.host.real.relay_guests import Adopted
    from natscope.relay.certificate_facts import Facts


class Applicant(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to use the relay: its node key (32 bytes, proved), where it comes from, what it says of itself."""

    key: bytes
    address: Endpoint
    is_prober: bool = False
    app_name: str = ""

    @classmethod
    def of(cls, client: Client) -> Applicant:
        """The facts about a client whose greeting was read."""
        return cls(
            key=client.key, address=client.address, is_prober=client.info.is_prober, app_name=client.info.app_name
        )


class Admission(Protocol):
    """Decides who may use the relay. Relays that know the mesh key are let in without a question."""

    async def decide(self, applicant: Applicant) -> bool:
        """Whether it may. An exception is logged and counts as no."""
        ...


class Certificates(Protocol):
    """The certificate of the encrypted listeners."""

    @property
    def facts(self) -> Facts | None:
        """Of the certificate in use; None before there is one."""
        ...

    def context(self) -> ssl.SSLContext:
        """For new connections, from now on."""
        ...

    def reload(self) -> None:
        """Somebody asks to look again (SIGHUP). Called on the loop of `keep`; must not raise."""
        ...

    async def keep(self, changed: Callable[[ssl.SSLContext], None]) -> None:
        """Watch or renew until cancelled; `changed` takes another context, for connections from then on."""
        ...


class RelayHandle(Protocol):
    """A running relay for those beside it. Both drivers are one."""

    front: Front

    def post(self, act: Callable[[float], Effects]) -> None:
        """Have `act(now)` called in the relay's thread and its effects carried out. Everything that touches
        `front.relay` goes through here.
        """
        ...


@runtime_checkable
class AdoptingRelay(RelayHandle, Protocol):
    """A relay whose loop watches sockets that others opened: the epoll one."""

    def adopt(self, item: Adopted) -> None:
        """From now on the relay's loop reads and writes it. In a posted act."""
        ...


class MeshPeers(Protocol):
    """Links to the other relays of the region."""

    async def keep(self, relay: RelayHandle) -> None:
        """Connect, reconnect, learn and forward until cancelled."""
        ...


class NoMesh:
    """A relay that stands alone."""

    async def keep(self, relay: RelayHandle) -> None:
        """Nothing to do."""
