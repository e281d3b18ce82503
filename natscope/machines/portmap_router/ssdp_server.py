"""What a UPnP gateway answers to searches: UPnP Device Architecture 1.1 §1.3.3, and what real routers do instead."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from natscope.errors import RemoteError
from natscope.machines.portmap_router.config import HTTP_PORT, Searches, ServiceConfig
from natscope.machines.portmap_router.igd_pages import ROOT_PAGE, USELESS_PAGE, description, useless_description
from natscope.wire.portmap.igd_description import Description
from natscope.wire.portmap.ssdp import ALL, ROOT_DEVICE, SearchAnswer, decode_search, encode_answer


class SsdpServer:
    """Answers searches; an empty list is silence."""

    def __init__(self, config: ServiceConfig, gateway: IPv4Address) -> None:
        self._config = config.upnp
        self._gateway = gateway
        self._things = tuple(_things(description(config.upnp, gateway)))

    def answers(self, data: bytes, *, multicast: bool) -> list[bytes]:
        """To a search that came by multicast, or to the router itself."""
        deaf_to = Searches.UNICAST_ONLY if multicast else Searches.MULTICAST_ONLY
        if self._config.searches is deaf_to:
            return []
        try:
            target = decode_search(data).target
        except RemoteError:
            return []
        if target == ALL and self._config.useless_first:
            [other] = list(_things(useless_description(self._gateway)))[-1:]
            return [self._answer(other[0], other[1], USELESS_PAGE)]
        return [self._answer(told, usn, ROOT_PAGE) for told, usn in self._matching(target)]

    def _matching(self, target: str) -> Iterator[tuple[str, str]]:
        """What is told of which thing. A search for version 1 finds version 2 too, and is answered in its words."""
        kind, _, version = target.rpartition(":")
        seen: dict[str, None] = {}
        for name, uuid in self._things:
            mine, _, have = name.rpartition(":")
            newer = mine == kind and version.isdecimal() and have.isdecimal() and int(version) <= int(have)
            if target in (ALL, name) or newer:
                told = name if target == ALL else target
                usn = uuid if told == uuid else f"{uuid}::{told}"
                if usn not in seen:
                    seen[usn] = None
                    yield told, usn

    def _answer(self, target: str, usn: str, page: str) -> bytes:
        host = self._config.location_host or self._gateway
        location = f"http://{host}:{HTTP_PORT}{page}"
        return encode_answer(SearchAnswer(location=location, server=self._config.server, target=target, usn=usn))


def _things(told: Description) -> Iterator[tuple[str, str]]:
    """What can be searched for, with whose it is: the root, devices by name and type, services by type."""
    yield ROOT_DEVICE, told.root.udn
    for device in told.root.walk():
        yield device.udn, device.udn
        yield device.device_type, device.udn
        for service in device.services:
            yield service.service_type, device.udn
