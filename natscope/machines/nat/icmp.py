"""ICMP errors through a NAT (RFC 5508 §4.2 and §7, RFC 4787 REQ-12, RFC 5382 REQ-9 and REQ-10).

An error is translated when the packet it quotes belongs to a mapping, whoever complains; it neither refreshes nor ends
anything (REQ-6). The quoted packet is rewritten like the outer header, so that the receiver knows its own packet.
"""

from __future__ import annotations

from natscope.machines.nat.binder import Binder
from natscope.machines.nat.packet import IcmpError
from natscope.machines.nat.table import Binding, Flow, Table


def translate_inbound(table: Table, error: IcmpError) -> bool:
    """An error from outside about a packet that left through us; False when it quotes nothing we know (REQ-4)."""
    inner = error.inner
    owner: Flow | Binding | None = table.flows_in.get((inner.proto, inner.src, inner.sport, inner.dst, inner.dport))
    if owner is None:
        bindings = table.bindings_at(inner.proto, inner.src, inner.sport)
        owner = bindings[-1] if bindings else None
    if owner is None or error.dst != inner.src:
        return False
    error.dst = inner.src = owner.in_ip
    inner.sport = owner.in_port
    return True


def translate_outbound(table: Table, binder: Binder, error: IcmpError, *, translates: bool) -> bool:
    """An error from inside about a packet that came in through us; False when it quotes nothing we know (REQ-5).

    The source becomes the external address of the mapping, also where a router further inside complains.
    """
    inner = error.inner
    owner: Flow | Binding | None = table.flows_out.get((inner.proto, inner.dst, inner.dport, inner.src, inner.sport))
    if owner is None:
        owner = binder.find(inner.proto, inner.dst, inner.dport, inner.src, inner.sport)
    if owner is None or error.dst != inner.src:
        return False
    if translates:
        error.src = owner.ext_ip
    inner.dst, inner.dport = owner.ext_ip, owner.ext_port
    return True
