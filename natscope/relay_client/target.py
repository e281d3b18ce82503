"""What to connect to: a region of a relay map, one node of it, or a URL, as places to try in order.

TLS rules per node: upstream derp/derphttp/derphttp_client.go (tlsClient) and net/tlsdial/tlsdial.go. A `CertName` is
checked even where `InsecureForTests` is set, unless it is the host name itself; a pin is compared as the text it is.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from natscope.errors import UserError
from natscope.host.api import TlsOptions
from natscope.machines.relay_dial import Way, ideal_node, port_of, relays_of, ways_to, ways_to_name
from natscope.model.relay_map import RelayNode, RelayRegion
from natscope.relay_client.options import ConnectOptions

PIN_PREFIX = "sha256-raw:"
PATH = "/derp"
_NEVER = "none"
"""In place of an empty pin, which no certificate has."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One server to try. `host` is for TLS, HTTP and a proxy, `dial` the name to look up (the same, mostly)."""

    host: str
    port: int
    ways: tuple[Way, ...]
    dial: str
    path: str = PATH
    tls: TlsOptions | None
    ideal_node: str = ""
    node: RelayNode | None = None

    @property
    def title(self) -> str:
        """For messages."""
        return f"relay {self.node.name} ({self.host})" if self.node is not None else f"relay {self.host}"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Made by one of the three functions; `region` and `node`, or `url` and `dial_host`."""

    region: RelayRegion | None = None
    node: RelayNode | None = None
    url: str = ""
    dial_host: str = ""

    @staticmethod
    def of_region(region: RelayRegion) -> Target:
        """The region's relays, in its order."""
        return Target(region=region)

    @staticmethod
    def of_node(node: RelayNode) -> Target:
        """Exactly this one."""
        return Target(node=node)

    @staticmethod
    def of_url(url: str, *, dial_host: str = "") -> Target:
        """`https://name[:port]/derp`, or `http://…` without TLS; `dial_host` is connected to in place of the name."""
        return Target(url=url, dial_host=dial_host)

    @property
    def title(self) -> str:
        """For messages."""
        if self.region is not None:
            return f"region {self.region.region_id} ({self.region.region_code})"
        return f"relay {self.node.name}" if self.node is not None else self.url

    def places(self, options: ConnectOptions) -> tuple[Place, ...]:
        """Where to try, in order; empty when the region has no relay. Raises `UserError` for what is no URL."""
        if self.region is not None:
            region = self.region
            return tuple(_place(node, options, ideal_node(region, node)) for node in relays_of(region))
        if self.node is not None:
            return (_place(self.node, options, ""),)
        return (_place_of_url(self.url, self.dial_host, options),)


def _place(node: RelayNode, options: ConnectOptions, ideal: str) -> Place:
    return Place(
        host=node.host_name,
        port=port_of(node, plain=options.plain),
        ways=ways_to(node, options.families),
        dial=node.host_name,
        tls=None if options.plain else tls_options(node, options.ca_file),
        ideal_node=ideal,
        node=node,
    )


def _place_of_url(url: str, dial_host: str, options: ConnectOptions) -> Place:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UserError(f"{url} is no URL of a relay") from error
    if parts.scheme not in ("https", "http") or not host:
        raise UserError(f"{url} is no URL of a relay", hint="it looks like https://derp.example.com/derp")
    plain = parts.scheme == "http"
    dial = dial_host or host
    return Place(
        host=host,
        port=port or (80 if plain else 443),
        ways=ways_to_name(dial, options.families),
        dial=dial,
        path=parts.path or PATH,
        tls=None if plain else TlsOptions(server_name=host, ca_file=options.ca_file),
    )


def tls_options(node: RelayNode, ca_file: str = "") -> TlsOptions:
    """What a relay client checks of a node's certificate."""
    name, expected = node.host_name, node.cert_name
    if expected.startswith(PIN_PREFIX):
        return TlsOptions(server_name=name, pin_sha256=expected.removeprefix(PIN_PREFIX) or _NEVER)
    if expected and expected != name:
        return TlsOptions(server_name=name, verify_name=expected, ca_file=ca_file)
    if node.insecure_for_tests:
        return TlsOptions(server_name=name, verify=False)
    return TlsOptions(server_name=name, ca_file=ca_file)
