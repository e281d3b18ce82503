"""Opening and closing ports by hand or by a mapping service: static bindings, for good or as a lease."""

from __future__ import annotations

import math
from collections.abc import Sequence

from natscope.machines.nat.forwards import Forward
from natscope.machines.nat.lifetime import Timer
from natscope.machines.nat.table import Binding, Table
from natscope.model.endpoint import Endpoint, IPAddress


def lease(
    table: Table,
    opened: dict[Forward, Binding],
    forward: Forward,
    external: Sequence[IPAddress],
    now: float,
    lifetime_s: float | None,
) -> Endpoint | None:
    """Open or renew a forward; the external endpoint, or None where another internal endpoint owns it.

    A forward whose address went with a reboot moves to the NAT's first address; a firewall has none, and the forward
    names the inside host's own. Flows end with the lease, and a renewal
    keeps them.
    """
    ip = forward.external_ip if not external or forward.external_ip in external else external[0]
    assert ip is not None
    inside = (int(forward.internal.ip), forward.internal.port)
    proto = forward.transport.number
    owners = table.bindings_at(proto, int(ip), forward.external_port)
    if any((b.in_ip, b.in_port) != inside for b in owners):
        return None
    ends = math.inf if lifetime_s is None else now + lifetime_s
    binding = opened.get(forward)
    if binding is not None and binding in owners:
        _renew(table, binding, now, ends)
        return Endpoint(ip, forward.external_port)
    binding = Binding(
        proto, forward.internal.family, inside, (int(ip), forward.external_port), None, now, ends,
        static=True, outbound=forward.outbound,
    )  # fmt: skip
    binding.timer = Timer(binding, ends, 0.0, 0.0, math.inf)
    table.add_binding(binding)
    opened[forward] = binding
    return Endpoint(ip, forward.external_port)


def _renew(table: Table, binding: Binding, now: float, ends: float) -> None:
    """Move the end of a lease; no flow may outlive it, and one that only the lease would have ended starts anew."""
    before, binding.hard = binding.hard, ends
    if binding.timer is not None:
        binding.timer.expires = ends
        table.agenda.shorten(binding.timer)
    for flow in binding.flows.values():
        timer = flow.timer
        timer.hard = ends
        if timer.expires >= before:
            timer.expires = now + max(timer.out_idle, timer.in_idle)
        timer.expires = min(timer.expires, ends)
        table.agenda.shorten(timer)


def release(table: Table, opened: dict[Forward, Binding], forward: Forward) -> bool:
    """Close a forward with its flows; whether it was open."""
    binding = opened.pop(forward, None)
    if binding is None or binding not in table.bindings_at(binding.proto, binding.ext_ip, binding.ext_port):
        return False
    table.remove_binding(binding)
    return True
