"""Plays a scenario's faults in time: a process of the lab that sleeps until the next one and then does it.

A cut cable drops what arrives at either end, so nobody is told, and addresses and routes stay. Routers and the name
server get orders, one line each. A relay that crashes goes dark before its process is ended, and comes back as new.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from natscope.lab.kernel.conntrack import forget_all
from natscope.lab.kernel.first_request import FirstRequest
from natscope.lab.kernel.netns import Space
from natscope.lab.kernel.nftables import cut, mended
from natscope.lab.kernel.orders import Orders, dns_order, reboot_order
from natscope.lab.kernel.processes import Processes, Ready
from natscope.lab.scenario import DnsManner, FaultKind, ScenarioFault

END_LIMIT_S = 5.0
Action = Callable[[], None]


@dataclass(slots=True)
class Cable:
    """The way up of a node: its own device, and the other end."""

    above: Space
    port: str
    below: Space
    device: str
    cuts: int = 0

    def cut(self) -> None:
        """Nothing passes from now on."""
        self.cuts += 1
        if self.cuts == 1:
            self.above.nft(cut(self.port))
            self.below.nft(cut(self.device))

    def mend(self) -> None:
        """As good as new, when whoever cut it last says so."""
        self.cuts -= 1
        if self.cuts == 0:
            self.above.nft(mended(self.port))
            self.below.nft(mended(self.device))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reboot:
    """How a NAT reboots. `order` is None for the kernel's own; `renumber` does what makes new addresses its own."""

    space: Space
    order: Orders | None
    external: Sequence[IPv4Address]
    renumber: Action


@dataclass(slots=True)
class Stage:
    """What faults act on, by name."""

    processes: Processes
    cables: dict[str, list[Cable]] = field(default_factory=dict)
    reboots: dict[str, Reboot] = field(default_factory=dict)
    relays: dict[str, Action] = field(default_factory=dict)
    """Start a relay's programs again."""
    dns: Orders | None = None
    measured: Sequence[tuple[Space, str]] = ()
    """The interfaces of hosts that are measured."""


class Player:
    """Faults as pairs of a time and what is to be done then."""

    def __init__(self, faults: Sequence[ScenarioFault], stage: Stage) -> None:
        self._stage = stage
        self._manners: list[DnsManner] = []
        self._numbers = itertools.count()
        self._due: list[tuple[float, int, Action]] = []
        self._waiting = [fault for fault in faults if fault.measuring]
        self._add([fault for fault in faults if not fault.measuring], 0.0)

    def play(self, ready: Ready) -> None:
        """Until the last one is over; times count from now, or from the first request of a host that is measured."""
        first = FirstRequest(self._stage.measured) if self._waiting else None
        began = time.monotonic()
        ready()
        while self._due or self._waiting:
            left = max(0.0, began + self._due[0][0] - time.monotonic()) if self._due else None
            if first is not None and self._waiting:
                if first.wait(left):
                    self._add(self._waiting, time.monotonic() - began)
                    self._waiting = []
                    continue
            else:
                time.sleep(left or 0.0)
            heapq.heappop(self._due)[2]()

    def _add(self, faults: Sequence[ScenarioFault], later_s: float) -> None:
        for fault in faults:
            for at_s, action in _STEPS[fault.kind](self, fault):
                heapq.heappush(self._due, (later_s + at_s, next(self._numbers), action))

    def partition(self, fault: ScenarioFault) -> Iterator[tuple[float, Action]]:
        """Cut, and mend."""
        cables = self._stage.cables.get(fault.on, [])
        yield fault.at_s, lambda: _each(cable.cut for cable in cables)
        yield fault.at_s + fault.lasts_s, lambda: _each(cable.mend for cable in cables)

    def nat_reboot(self, fault: ScenarioFault) -> Iterator[tuple[float, Action]]:
        """Mappings are lost; addresses too, if so said."""
        reboot = self._stage.reboots[fault.on]

        def begin() -> None:
            if fault.renumbered:
                reboot.renumber()
            if reboot.order is not None:
                reboot.order.give(reboot_order(reboot.external if fault.renumbered else ()))
            else:
                with reboot.space.entered():
                    forget_all()

        yield fault.at_s, begin

    def dns(self, fault: ScenarioFault) -> Iterator[tuple[float, Action]]:
        """Another manner for a while; of several at once the last one holds."""

        def begin() -> None:
            self._manners.append(fault.manner)
            self._tell_dns()

        def end() -> None:
            self._manners.remove(fault.manner)
            self._tell_dns()

        yield fault.at_s, begin
        yield fault.at_s + fault.lasts_s, end

    def crash(self, fault: ScenarioFault) -> Iterator[tuple[float, Action]]:
        """Dark, without warning; then it starts again."""
        cables = self._stage.cables.get(fault.on, [])

        def begin() -> None:
            _each(cable.cut for cable in cables)
            _end(self._stage.processes, fault.on)

        def end() -> None:
            self._stage.relays[fault.on]()
            self._stage.processes.wait()
            _each(cable.mend for cable in cables)

        yield fault.at_s, begin
        yield fault.at_s + fault.lasts_s, end

    def _tell_dns(self) -> None:
        if self._stage.dns is not None:
            self._stage.dns.give(dns_order(self._manners[-1] if self._manners else None))


_STEPS: dict[FaultKind, Callable[[Player, ScenarioFault], Iterator[tuple[float, Action]]]] = {
    FaultKind.PARTITION: Player.partition,
    FaultKind.NAT_REBOOT: Player.nat_reboot,
    FaultKind.DNS: Player.dns,
    FaultKind.CRASH: Player.crash,
}


def _each(actions: Iterator[Action]) -> None:
    for action in actions:
        action()


def _end(processes: Processes, name: str) -> None:
    """End a relay's programs by the signal that says that this was meant (`Processes.MEANT`), and wait for that."""
    for pid in [pid for pid, known in processes.names.items() if known == name]:
        del processes.names[pid]
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            signal.pidfd_send_signal(descriptor, Processes.MEANT)
            select.select([descriptor], [], [], END_LIMIT_S)
            os.close(descriptor)
