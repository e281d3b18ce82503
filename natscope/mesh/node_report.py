"""Upstream's netcheck beside the status of the same computer: whose network it was, do they fit together. Pure.

The status names the computer. It does not name the relays of the netcheck: the daemon's home need not be the one that
a netcheck by itself would choose, so its code is not put beside that number.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

import msgspec

from natscope.diagnosis.pair.public_addresses import public_of_node, public_of_report
from natscope.model.mesh_status import MeshStatus
from natscope.model.report import Report


def named_by(report: Report, status: MeshStatus) -> Report:
    """The report with the name and the system of the computer that the status is of."""
    this = status.this
    if this is None:
        return report
    host = report.host
    named = msgspec.structs.replace(host, name=host.name or this.host_name or this.short_name, os=host.os or this.os)
    return msgspec.structs.replace(report, host=named)


def misfit(report: Report, status: MeshStatus) -> str:
    """Why both may not be of one computer, as a clause; empty where nothing speaks against it.

    Both tell public IPv4 addresses, and not one is the same. Routers with several addresses, and a move between the
    two, look alike, so it is a reason to ask, not to refuse.
    """
    seen, told = public_of_report(report), public_of_node(status)
    if not seen or not told or seen & told:
        return ""
    return f"the netcheck shows {_first(seen)} as its public address, the status {_first(told)}"


def _first(addresses: Collection[str]) -> str:
    return min(addresses, key=ipaddress.ip_address)
