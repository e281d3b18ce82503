"""Probes over real sockets against servers on loopback that behave well, badly, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from natscope.host.api import Host, HostError, ServerTls, Stream
from natscope.host.real.host import build_real_host
from natscope.lab.loopback_certs import Issued, TestAuthority
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation
from natscope.model.relay_map import LoadedMap, RelayMap, RelayNode, RelayRegion
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.record import RunRecord
from natscope.netcheck.run import RunInputs, run_probes
from natscope.plugins.loader import PROBES, find
from natscope.web.client import HttpClient
from tests.web.servers import LOOPBACK

NAME = "relay.test"
Serve = Callable[[Stream], Awaitable[None]]


@asynccontextmanager
async def serving(host: Host, serve: Serve, tls: ServerTls | None = None) -> AsyncIterator[int]:
    """A server on loopback that does with a connection what it is told; its port."""

    async def handle(stream: Stream) -> None:
        with contextlib.suppress(HostError):
            await serve(stream)

    listener = await host.streams.listen(Endpoint(LOOPBACK, 0), handle, tls=tls)
    try:
        yield listener.local.port
    finally:
        await listener.close()


def saying(*answers: bytes, asked: list[bytes] | None = None) -> Serve:
    """Read a head, answer with the first of what is left to say, hang up. `asked` collects the heads."""
    left = list(answers)

    async def serve(stream: Stream) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = await stream.read(4096)
            if not part:
                return
            head += part
        if asked is not None:
            asked.append(head)
        await stream.write(left.pop(0) if len(left) > 1 else left[0])

    return serve


def authority(folder: Path, host: Host) -> TestAuthority:
    """One that nobody trusts."""
    return TestAuthority(folder, host.clock.utc())


def node(port: int, issued: Issued | None = None, **fields: Any) -> RelayNode:
    """A relay on loopback, pinned where a certificate is given."""
    cert_name = f"sha256-raw:{issued.pin}" if issued is not None else ""
    values: dict[str, Any] = {"host_name": NAME, "ipv4": str(LOOPBACK), "ipv6": "none", "derp_port": port}
    return RelayNode(name="1a", region_id=1, **(values | {"cert_name": cert_name} | fields))


@dataclass
class Seen:
    """A run's observations of one kind, and how long it took."""

    record: RunRecord
    kind: str

    @property
    def all(self) -> list[Observation]:
        """In order."""
        return [o for o in self.record.observations if o.kind == self.kind]

    @property
    def one(self) -> Observation:
        """The only one."""
        (found,) = self.all
        return found


async def run(probe: str, kind: str, *nodes: RelayNode, environ: dict[str, str] | None = None, **options: Any) -> Seen:
    """One probe on this computer. Each node is a region of its own."""
    host = replace(build_real_host(), environ=environ or {})
    regions = tuple(
        RelayRegion(
            region_id=number,
            region_code=f"r{number}",
            region_name=f"R{number}",
            nodes=(RelayNode(**(_fields(one) | {"name": f"{number}a", "region_id": number})),),
        )
        for number, one in enumerate(nodes, start=1)
    )
    chosen: dict[str, Any] = {"only": (probe,), "https": True, "families": (4,)} | options
    record = await run_probes(
        RunInputs(
            host=host,
            loaded_map=LoadedMap(relay_map=RelayMap(regions=regions), source="loopback", kind="file"),
            options=NetcheckOptions(**chosen),
            history=History(),
            found=find(PROBES),
            http=lambda: HttpClient(host),
            stop=asyncio.Event(),
        )
    )
    return Seen(record, kind)


def _fields(one: RelayNode) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}
