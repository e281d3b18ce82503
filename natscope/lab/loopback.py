"""Embedded relay-shaped endpoints on loopback: several regions to demonstrate, test and measure against.

Each region has an address of its own in 127/8 and a port number of its own on ::1; STUN, and if asked HTTPS and a
plain port, behave as its `RegionSpec` says. Nothing here leaves loopback. As a program of its own:
`python -m natscope.lab.loopback --regions 10 --latency 10..250 --dead 1 --map FILE`.
"""

from __future__ import annotations

import ipaddress
import json
import random
import socket
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from natscope.host.api import Failure, Host, HostError, ServerTls
from natscope.lab.loopback_http import RelayPages
from natscope.lab.loopback_sockets import BlackHole, bind_pair, has_ipv6, region_address
from natscope.lab.loopback_spec import RegionSpec, RelayKind
from natscope.lab.loopback_stun import StunCounters, StunEndpoint
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.relay_map import RelayMap, RelayNode, RelayRegion
from natscope.web.server import HttpServer

_IPV6 = ipaddress.IPv6Address("::1")
_PIN_PREFIX = "sha256-raw:"
_NO_PLAIN_PORT = (RelayKind.DEAD, RelayKind.CLOSED_PORT)


@dataclass(slots=True)
class RunningRegion:
    """Where a region can be reached. `pin` is what its map entry names, empty without HTTPS."""

    spec: RegionSpec
    host_name: str
    ipv4: IPAddress
    stun_port: int = 0
    https_port: int = 0
    http_port: int | None = None
    pin: str = ""
    stun: StunCounters = field(default_factory=StunCounters)
    pages: RelayPages | None = None


class LoopbackRelays:
    """Runs the regions between `__aenter__` and `__aexit__`.

    `https` opens the TLS ports (one certificate a region). `pins`: the map pins certificates, so that no trust store
    has to know the test authority; otherwise whoever asks must trust `ca_file`. `ipv6` False leaves ::1 out.
    """

    def __init__(
        self,
        host: Host,
        specs: Sequence[RegionSpec],
        *,
        https: bool = False,
        ipv6: bool = True,
        pins: bool = True,
        seed: int = 0,
    ) -> None:
        self._host = host
        self._specs = tuple(specs)
        self._https = https
        self._pins = pins
        self._seed = seed
        self._ipv6 = ipv6 and has_ipv6()
        self._stack = AsyncExitStack()
        self.regions: dict[int, RunningRegion] = {}
        self.ca_file: Path | None = None

    async def __aenter__(self) -> LoopbackRelays:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._stack.aclose()
        self.ca_file = None

    async def _start(self) -> None:
        certificates = _Certificates(self._host, self._stack) if self._https else None
        self.ca_file = certificates.ca_file if certificates else None
        for index, spec in enumerate(self._specs):
            region = RunningRegion(spec, f"relay{spec.region_id}.loopback.test", region_address(index))
            self.regions[spec.region_id] = region
            rng = random.Random(f"{self._seed}/{spec.region_id}")
            self._start_stun(region, rng)
            await self._start_https(region, rng, certificates)
            await self._start_plain(region)

    def _start_stun(self, region: RunningRegion, rng: random.Random) -> None:
        sockets = bind_pair(socket.SOCK_DGRAM, region.ipv4, ipv6=self._ipv6)
        region.stun_port = sockets[0].getsockname()[1]
        for sock in sockets:
            if region.spec.kind is RelayKind.CLOSED_PORT:
                sock.close()
            else:
                self._stack.callback(StunEndpoint(sock, region.spec, region.stun, rng).close)

    async def _start_https(self, region: RunningRegion, rng: random.Random, certificates: _Certificates | None) -> None:
        """Open the relay's TCP port; without HTTPS, or with a closed port, the number is taken and nothing listens."""
        sockets = bind_pair(socket.SOCK_STREAM, region.ipv4, ipv6=self._ipv6)
        region.https_port = sockets[0].getsockname()[1]
        region.pages = RelayPages(self._host.clock, region.spec, rng, region.https_port)
        if region.spec.kind is RelayKind.DEAD:
            for sock in sockets:
                self._stack.callback(BlackHole(sock).close)
            return
        for sock in sockets:
            sock.close()
        if certificates is None or region.spec.kind is RelayKind.CLOSED_PORT:
            return
        tls, region.pin = certificates.for_region(region, pins=self._pins)
        server = HttpServer(self._host, region.pages.over_tls)
        for ip in self._addresses(region):
            listener = await server.listen(Endpoint(ip, region.https_port), tls=tls)
            self._stack.push_async_callback(listener.close)

    async def _start_plain(self, region: RunningRegion) -> None:
        if region.spec.http_port is None or region.pages is None or region.spec.kind in _NO_PLAIN_PORT:
            return
        try:
            local = Endpoint(region.ipv4, region.spec.http_port)
            listener = await HttpServer(self._host, region.pages.over_plain).listen(local)
        except HostError as error:
            if error.failure in (Failure.PERMISSION, Failure.ADDRESS_IN_USE):
                return  # an ordinary user may not have port 80: the map then does not promise it
            raise
        region.http_port = listener.local.port
        self._stack.push_async_callback(listener.close)

    def _addresses(self, region: RunningRegion) -> list[IPAddress]:
        return [region.ipv4, _IPV6] if self._ipv6 else [region.ipv4]

    def relay_map(self) -> RelayMap:
        """The map of the running regions."""
        return RelayMap(regions=tuple(self._map_region(r) for _, r in sorted(self.regions.items())))

    def _map_region(self, region: RunningRegion) -> RelayRegion:
        spec = region.spec
        node = RelayNode(
            name=f"{spec.region_id}a",
            region_id=spec.region_id,
            host_name=region.host_name,
            cert_name=f"{_PIN_PREFIX}{region.pin}" if region.pin and self._pins else "",
            ipv4=str(region.ipv4),
            ipv6=str(_IPV6) if self._ipv6 else "none",
            stun_port=region.stun_port,
            derp_port=region.https_port,
            can_port80=region.http_port == 80,
        )
        name = spec.name or f"Loopback {spec.region_id}"
        return RelayRegion(region_id=spec.region_id, region_code=f"lo{spec.region_id}", region_name=name, nodes=(node,))

    def map_json(self) -> bytes:
        """The same map in upstream's JSON form."""
        regions = {str(region.region_id): _region_json(region) for region in self.relay_map().regions}
        return json.dumps({"Regions": regions}, indent=2).encode() + b"\n"


class _Certificates:
    """A test authority in a temporary directory, made only when a region speaks TLS."""

    def __init__(self, host: Host, stack: AsyncExitStack) -> None:
        from natscope.lab.loopback_certs import TestAuthority

        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="natscope-loopback-")))
        self._authority = TestAuthority(directory, host.clock.utc())
        self.ca_file = self._authority.ca_file

    def for_region(self, region: RunningRegion, *, pins: bool) -> tuple[ServerTls, str]:
        """The files to serve with, and the pin for the map."""
        stem = f"region{region.spec.region_id}"
        kind = region.spec.kind
        right = self._authority.issue(
            stem, [region.host_name], [region.ipv4, _IPV6], expired=kind is RelayKind.EXPIRED_CERTIFICATE
        )
        if kind is not RelayKind.WRONG_CERTIFICATE:
            return right.files, right.pin
        # With pins another certificate of the same name is wrong; without, one for another name.
        name = region.host_name if pins else "elsewhere.loopback.test"
        return self._authority.issue(f"{stem}-wrong", [name]).files, right.pin


def _region_json(region: RelayRegion) -> dict[str, Any]:
    return {
        "RegionID": region.region_id,
        "RegionCode": region.region_code,
        "RegionName": region.region_name,
        "Nodes": [_node_json(node) for node in region.nodes],
    }


def _node_json(node: RelayNode) -> dict[str, Any]:
    """Zero values are left out, as upstream writes them."""
    optional = {
        "CertName": node.cert_name,
        "IPv4": node.ipv4,
        "IPv6": node.ipv6,
        "STUNPort": node.stun_port,
        "DERPPort": node.derp_port,
        "CanPort80": node.can_port80,
    }
    given = {key: value for key, value in optional.items() if value}
    return {"Name": node.name, "RegionID": node.region_id, "HostName": node.host_name, **given}


if __name__ == "__main__":
    from natscope.lab.loopback_cli import main

    raise SystemExit(main())
