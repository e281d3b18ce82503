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


def is_of_use(use: ReportUse | None) -> bool:
    """Does what the program tells of this node add to its netcheck? It stands in for one that is missing, and where the
    netcheck was given a port, that is held against it.
    """
    report = use.report if use is not None else None
    if report is None:
        return True
    group = report.port_mapping
    return any(service.external for service in (group.pcp, group.nat_pmp, group.upnp))
