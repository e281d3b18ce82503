"""The public IPv4 addresses of one computer, by its report and by its mesh: are both of one network."""

from __future__ import annotations

import ipaddress

from natscope.model.address_space import is_inside
from natscope.model.mesh_status import MeshStatus
from natscope.model.report import Report


def public_of_report(report: Report) -> frozenset[str]:
    """Those that servers saw; what a relay inside the own network saw is none of them."""
    return frozenset(end.address for end in report.ipv4.endpoints if _is_public(end.address))


def public_of_node(status: MeshStatus) -> frozenset[str]:
    """Those of the endpoints that this node tells its mesh."""
    own = status.this.endpoints if status.this is not None else ()
    return frozenset(str(end.ip) for end in own if _is_public(str(end.ip)))


def _is_public(text: str) -> bool:
    try:
        ip = ipaddress.IPv4Address(text)
    except ValueError:  # IPv6, or a report that somebody wrote by hand
        return False
    return not is_inside(ip)
