"""When a survey of relays sends, and when it is over: pure, fed with the time.

A region is answered by its first answer over either family. The survey is over when all samples came back; or, when
all regions are answered but samples are missing, a little later than the slowest relay would need; or, when a region
(or a whole family that other relays answer over) stays silent, at `plan.silent_after_s`. A region that was refused in
words, by ICMP errors or by this host's own network, is not silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from natscope.host.api import Failure
from natscope.model.endpoint import Family
from natscope.plugins.stun_plan import PlannedSend, ProbePlan

if TYPE_CHECKING:
    from natscope.plugins.probe_context import StunExchange

STRAGGLER_FACTOR = 1.25
STRAGGLER_S = 0.02
"""Missing samples are waited for this long beyond the last send: the bound of a run is 1.5 × the slowest + 400 ms."""
MAX_BURST, BURST_GAP_S = 64, 0.005
"""However late we are (this computer was busy), so many go out together and no more: a home router must keep up."""
SLACK_S = 0.0002
"""A wake-up that comes this early is in time: timers and clocks round differently."""
_GIVES_UP = (Failure.UNREACHABLE_NET, Failure.FAMILY_NOT_SUPPORTED, Failure.ADDRESS_NOT_AVAILABLE)
"""Local failures that the next round would only repeat."""


class Survey:
    """Progress through a plan, asking over `families`. Times are seconds since the start of the run."""

    def __init__(self, plan: ProbePlan, families: tuple[Family, ...]) -> None:
        self.plan = plan
        self.families = families
        self._last_s = max((s.at_s for s in plan.sends if not s.only_if_silent), default=0.0)
        self._next = 0
        self._held_until_s = 0.0
        self._open: list[StunExchange] = []
        self._hopeless: dict[tuple[int, Family], None] = {}
        self._looking_up: dict[tuple[int, Family], int] = {}
        self._answered_families: dict[Family, None] = {}

    def due(self, now_s: float, answered: Mapping[int, float]) -> Iterable[PlannedSend]:
        """The sends whose time has come, without those that would not help; never more than a burst at once."""
        if now_s + SLACK_S < self._held_until_s:
            return
        sends, burst = self.plan.sends, 0
        while self._next < len(sends) and sends[self._next].at_s <= now_s + SLACK_S:
            if burst == MAX_BURST:
                self._held_until_s = now_s + BURST_GAP_S
                return
            send = sends[self._next]
            self._next += 1
            if self._helps(send, answered):
                burst += 1
                yield send

    def sent(self, send: PlannedSend, exchange: StunExchange) -> None:
        """A request left, or failed to."""
        if exchange.failure in _GIVES_UP:
            self._hopeless[send.region_id, send.family] = None
        elif exchange.is_open:
            self._open.append(exchange)

    def looking_up(self, send: PlannedSend, change: int) -> None:
        """A look-up for a send began (+1) or ended (-1)."""
        key = (send.region_id, send.family)
        self._looking_up[key] = self._looking_up.get(key, 0) + change

    def wake_at(self, now_s: float, answered: Mapping[int, float]) -> float | None:
        """When to look again if nothing comes in; None: the survey is over."""
        self._sort_out()
        over_at = self._over_at(now_s, answered)
        if over_at <= now_s + SLACK_S:
            return None
        upcoming = self._next_send(answered)
        return over_at if upcoming is None else min(upcoming, over_at)

    def _helps(self, send: PlannedSend, answered: Mapping[int, float]) -> bool:
        if send.family not in self.families or (send.region_id, send.family) in self._hopeless:
            return False
        return not (send.only_if_silent and (send.region_id in answered or not self._is_waiting(send.region_id)))

    def _is_waiting(self, region_id: int) -> bool:
        """Whether something sent to the region is still unanswered, or its name still being looked up."""
        if any(count > 0 and key[0] == region_id for key, count in self._looking_up.items()):
            return True
        return any(exchange.region_id == region_id for exchange in self._open)

    def _sort_out(self) -> None:
        still_open: list[StunExchange] = []
        for exchange in self._open:
            if exchange.is_open:
                still_open.append(exchange)
            elif exchange.answered_at is not None:
                self._answered_families[exchange.target.family] = None
        self._open = still_open

    def _next_send(self, answered: Mapping[int, float]) -> float | None:
        for index in range(self._next, len(self.plan.sends)):
            send = self.plan.sends[index]
            if not (send.only_if_silent and send.region_id in answered):
                return max(send.at_s, self._held_until_s)
        return None

    def _over_at(self, now_s: float, answered: Mapping[int, float]) -> float:
        if self._has_unconditional_left():
            return max(self._last_s, now_s) + STRAGGLER_S
        waiting = {e.region_id for e in self._open}
        waiting.update(key[0] for key, count in self._looking_up.items() if count > 0)
        silent_region = any(region_id not in answered for region_id in waiting)
        if silent_region or self._has_silent_family():
            return self.plan.silent_after_s
        if not waiting:
            return now_s
        return self._last_s + STRAGGLER_FACTOR * max(answered.values(), default=0.0) + STRAGGLER_S

    def _has_unconditional_left(self) -> bool:
        sends = self.plan.sends
        return self._next < len(sends) and not sends[self._next].only_if_silent

    def _has_silent_family(self) -> bool:
        asked = {exchange.target.family for exchange in self._open}
        return any(family not in self._answered_families for family in asked)
