"""The table of a NAT as typed values, for tools and tests."""

from __future__ import annotations

import math
from dataclasses import dataclass

from natscope.machines.nat.packet import unpack
from natscope.machines.nat.table import Binding
from natscope.model.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class MappingView:
    """One mapping. `remotes` are the peers of its flows; `expires_at` is None for a forward that never ends.

    The port of an ICMP mapping is the identifier. `protocol` is the IP protocol number.
    """

    protocol: int
    internal: Endpoint
    external: Endpoint
    remotes: tuple[Endpoint, ...]
    created_at: float
    expires_at: float | None
    static: bool


def view(binding: Binding) -> MappingView:
    """What a binding is at this moment."""
    family = binding.family
    timers = [binding.timer] if binding.timer is not None else [f.timer for f in binding.flows.values()]
    lasts = max((t.expires for t in timers), default=math.inf)
    return MappingView(
        protocol=binding.proto,
        internal=Endpoint(unpack(binding.in_ip, family), binding.in_port),
        external=Endpoint(unpack(binding.ext_ip, family), binding.ext_port),
        remotes=tuple(Endpoint(unpack(k[3], family), k[4]) for k in binding.flows),
        created_at=binding.created,
        expires_at=lasts if lasts < math.inf else None,
        static=binding.static,
    )
