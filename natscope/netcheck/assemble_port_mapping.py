"""Port mapping: nobody is asked yet, so only a missing precondition can be told."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.host.api import LinkFacts
from natscope.model.address_space import is_private, is_shared
from natscope.model.observation import Observation
from natscope.model.report import MappingServiceReport, PortMappingReport
from natscope.model.tri import Tri

NOT_ASKED = "the router was not asked: this version does not speak NAT-PMP, PCP and UPnP"


def port_mapping_report(links: LinkFacts | None, observations: Sequence[Observation]) -> PortMappingReport:
    """`no` only where no default route leads to a private gateway: then there is nobody to ask."""
    gateways = [] if links is None else [route.gateway for route in links.default_routes if route.gateway is not None]
    private = [ip for ip in gateways if is_private(ip) or is_shared(ip) or ip.is_link_local]
    known = links is not None and links.routes_known
    evidence = tuple(o.id for o in observations if o.kind == "host.links")
    if known and not private:
        words = "there is no router to ask: " + (
            "the gateway has a public address" if gateways else "no default route has a gateway"
        )
        service = MappingServiceReport(state=Tri.NO, reason=words, evidence=evidence)
    else:
        gateway = str(private[0]) if private else None
        service = MappingServiceReport(state=Tri.UNKNOWN, reason=NOT_ASKED, gateway=gateway, evidence=evidence)
    return PortMappingReport(upnp=service, nat_pmp=service, pcp=service)
