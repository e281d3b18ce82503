"""The ports of a simulated NAT, told to the watch over the simulation: what a mapping service opens may come in."""

from __future__ import annotations

from natscope.machines.nat.forwards import Forward
from natscope.machines.nat.translator import Nat
from natscope.machines.portmap_router.pinholes import FirewallPorts
from natscope.machines.portmap_router.ports import NatPorts
from natscope.model.endpoint import Endpoint
from natscope.sim.world import World


class ToldPorts(NatPorts):
    """A NAT in a world."""

    def __init__(self, nat: Nat, world: World) -> None:
        super().__init__(nat)
        self._watched, self._world = nat, world

    def open(self, forward: Forward, now: float, lifetime_s: float | None) -> Endpoint | None:
        """See `Ports`."""
        found = super().open(forward, now, lifetime_s)
        if found is not None and self._world.watch is not None:
            self._world.watch.opened(self._watched, forward)
        return found


class ToldFirewall(FirewallPorts):
    """A firewall in a world."""

    def __init__(self, nat: Nat, world: World) -> None:
        super().__init__(nat)
        self._watched, self._world = nat, world

    def open(self, forward: Forward, now: float, lifetime_s: float | None) -> Endpoint | None:
        """See `Ports`."""
        found = super().open(forward, now, lifetime_s)
        if found is not None and self._world.watch is not None:
            self._world.watch.opened(self._watched, forward)
        return found
