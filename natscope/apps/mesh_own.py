"""What the mesh tells others of this node."""

from __future__ import annotations

from natscope.errors import RefusedError
from natscope.mesh.overview import ReportUse
from natscope.mesh.source import MeshSource
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_status import MeshStatus, first_address


async def own_details(source: MeshSource, status: MeshStatus) -> PeerDetails | None:
    """None where it is not told. Raises `CannotMeasure`."""
    address = first_address(status.addresses)
    if not address:
        return None
    try:
        return await source.details(address)
    except RefusedError:
        return None


def opens_ports(use: ReportUse | None) -> bool:
    """Was the netcheck given a port, so that there is something to hold against what the program tells?"""
    report = use.report if use is not None else None
    if report is None:
        return False
    group = report.port_mapping
    return any(service.external for service in (group.pcp, group.nat_pmp, group.upnp))
