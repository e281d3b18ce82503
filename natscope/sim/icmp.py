"""ICMP errors by family: their numbers, how routers and hosts make them, and which `Failure` a host sees.

Source: RFC 792, RFC 1812 §5.2.7.1, RFC 4443; the failures are those of Linux (icmp_err_convert).
"""

from __future__ import annotations

import enum

from natscope.host.api import Failure
from natscope.machines.nat.packet import IcmpError, Packet


class Complaint(enum.Enum):
    """Why a packet does not go on."""

    NO_ROUTE = "no route"
    HOST_UNREACHABLE = "host unreachable"
    PORT_UNREACHABLE = "port unreachable"
    TOO_BIG = "too big"
    TTL_EXCEEDED = "ttl exceeded"
    PROHIBITED = "prohibited"
    FORBIDDEN = "forbidden by our own rules"
    """Told to our own program at once; no ICMP error says it."""


_NUMBERS: dict[int, dict[Complaint, tuple[int, int]]] = {
    4: {
        Complaint.NO_ROUTE: (3, 0),
        Complaint.HOST_UNREACHABLE: (3, 1),
        Complaint.PORT_UNREACHABLE: (3, 3),
        Complaint.TOO_BIG: (3, 4),
        Complaint.TTL_EXCEEDED: (11, 0),
        Complaint.PROHIBITED: (3, 13),
    },
    6: {
        Complaint.NO_ROUTE: (1, 0),
        Complaint.HOST_UNREACHABLE: (1, 3),
        Complaint.PORT_UNREACHABLE: (1, 4),
        Complaint.TOO_BIG: (2, 0),
        Complaint.TTL_EXCEEDED: (3, 0),
        Complaint.PROHIBITED: (1, 1),
    },
}
_TOP_BITS, _MULTICAST = {4: 28, 6: 120}, {4: 0xE, 6: 0xFF}
_COMPLAINTS = {family: {numbers: complaint for complaint, numbers in row.items()} for family, row in _NUMBERS.items()}
_FAILURES = {
    Complaint.NO_ROUTE: Failure.UNREACHABLE_NET,
    Complaint.HOST_UNREACHABLE: Failure.UNREACHABLE_HOST,
    Complaint.PORT_UNREACHABLE: Failure.REFUSED,
    Complaint.TOO_BIG: Failure.MESSAGE_TOO_LONG,
    Complaint.TTL_EXCEEDED: Failure.UNREACHABLE_HOST,
}


def complain(about: Packet, complaint: Complaint, source: int, *, mtu: int = 0) -> IcmpError | None:
    """The error to send; None about another error, which would never end, and about multicast (RFC 1122 §3.2.2)."""
    if isinstance(about, IcmpError) or about.dst >> _TOP_BITS[about.family] == _MULTICAST[about.family]:
        return None
    icmp_type, icmp_code = _NUMBERS[about.family][complaint]
    return IcmpError(source, about.src, about.copy(), icmp_type, icmp_code, mtu=mtu)


def complaint_of(error: IcmpError) -> Complaint | None:
    """What an error says, None for numbers that nothing here sends."""
    return _COMPLAINTS[error.family].get((error.icmp_type, error.icmp_code))


def failure_of(error: IcmpError) -> Failure:
    """What the system tells the program."""
    complaint = complaint_of(error)
    if complaint is Complaint.PROHIBITED:
        return Failure.UNREACHABLE_HOST if error.family == 4 else Failure.PERMISSION
    return Failure.OTHER if complaint is None else _FAILURES[complaint]
