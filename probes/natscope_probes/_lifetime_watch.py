"""Many sockets watched at once: some silent for different times, some kept alive by exchanges, one by packets inwards
only, some by packets outwards only.

Each test is one observation. What they mean together is decided elsewhere; here only stops what has been seen to the
end: two silent mappings in a row that had ended end the silence; when all those have ended that were kept alive, there
is nothing left to see.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from natscope.model.observation import Outcome
from natscope.wire.stun.message import MessageClass, encode
from natscope_probes._lifetime_server import AGAIN, Server, Tracked, heard

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext
    from natscope_probes._fresh_socket import FreshSockets

KNOCKS, MORE_KNOCKS, KNOCK_GAP_S, LAST_WAIT_S = 4, 3, 0.15, 0.3
"""More of them where the server got too few orders; it counts 8 at once."""
MIN_SENT = 3
"""So many packets that were really sent and did not arrive are an end, and no loss."""
ESTABLISHED_S = 2.3
"""A second exchange so much later makes it a lasting flow for those routers that tell (Linux: after 2 s)."""
STAGGER_S = 0.1
KEPT, KEPT_EVERY_S, KEPT_STAGGER_S = 5, 5.0, 1.0
INWARDS_EVERY_S = 3.0
OUTWARDS_FROM_S, OUTWARDS_STEP, OUTWARDS_TEST = 4.5, 1.25, 1.9
"""So close that two sockets or more show what packets outwards do, whenever silence ends a mapping."""
OUTWARDS_PACKETS, OUTWARDS_GAP_S = 3, 1.0
ENOUGH_DEAD = 2
FINE_BELOW_S = 30.0


def silences(watch_s: float) -> list[float]:
    """Half a second beside each multiple of five seconds, where routers' timeouts lie, and in between below 30 s."""
    found = []
    for step in range(1, int(watch_s) // 5 + 1):
        edge = 5.0 * step
        found += [edge - 0.5, edge + 0.5]
        if edge < FINE_BELOW_S:
            found.append(edge + 2.5)
    return found


def outwards(watch_s: float) -> list[float]:
    """When the last packet outwards leaves, for each socket that shows what those do."""
    found = [OUTWARDS_FROM_S]
    while found[-1] * OUTWARDS_STEP < watch_s * 0.75:
        found.append(round(found[-1] * OUTWARDS_STEP, 1))
    return found


class Ended(msgspec.Struct):
    """What was seen to end so far: silences that were too long, and sockets that died in spite of keep-alives."""

    too_long_s: list[float] = []
    too_long_in_a_row: int = 0
    kept: dict[int, float] = {}
    all_over: bool = False

    @property
    def silence_over(self) -> bool:
        """Whether longer silences need no test."""
        return self.all_over or self.too_long_in_a_row >= ENOUGH_DEAD


class Watch:
    """The tests of one family with one server, until `watch_s` after the start."""

    def __init__(self, ctx: ProbeContext, group: FreshSockets, server: Server, watch_s: float) -> None:
        self._ctx = ctx
        self._group = group
        self._server = server
        self._watch_s = watch_s
        self.ended = Ended()
        self.began_at = ctx.host.clock.now()
        self.longest_s = 0.0
        self.unanswered = 0
        self.unanswered_bytes = 0

    async def run(self) -> None:
        """All of them side by side."""
        tasks = [asyncio.ensure_future(self._silent(n, s)) for n, s in enumerate(silences(self._watch_s))]
        tasks += [asyncio.ensure_future(self._kept(number)) for number in range(KEPT)]
        tasks += [asyncio.ensure_future(self._outwards(n, s)) for n, s in enumerate(outwards(self._watch_s))]
        if self._server.method != AGAIN:
            tasks.append(asyncio.ensure_future(self._inwards()))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _now(self) -> float:
        return self._ctx.host.clock.now()

    async def _until(self, when: float) -> None:
        await self._ctx.host.clock.sleep(max(0.0, when - self._now()))

    async def _new(self) -> Tracked | None:
        tracked = Tracked(await self._group.open_scattered(self._server.place.family))
        return tracked if await self._server.greet(tracked) else None

    async def _established(self, number: int) -> Tracked | None:
        """A new one in its turn, used again after a moment; None where it got no answer."""
        await self._until(self.began_at + number * STAGGER_S)
        tracked = await self._new()
        if tracked is None:
            return None
        await self._until(tracked.born_at + ESTABLISHED_S)
        return tracked if await self._server.greet(tracked) else None

    async def _silent(self, number: int, silence_s: float) -> None:
        """Made, used for a moment, silent, tested once."""
        tracked = await self._established(number)
        if tracked is None:
            return
        due = tracked.last_heard_at + silence_s
        if due > self._ctx.deadline - 1.0:
            return
        await self._until(due)
        if self.ended.silence_over:
            return
        alive = await self._test("silent", tracked, silence_s=round(self._now() - tracked.last_heard_at, 2))
        if alive is False:
            self.ended.too_long_s.append(silence_s)
            self.ended.too_long_in_a_row += 1
        elif alive:
            self.ended.too_long_in_a_row = 0
            self.longest_s = max(self.longest_s, silence_s)

    async def _kept(self, number: int) -> None:
        """Kept alive outwards; tested just before each of its packets, at ages that differ from socket to socket."""
        await self._until(self.began_at + number * KEPT_STAGGER_S)
        tracked = await self._new()
        if tracked is None:
            return
        age_s = number + 0.5
        while age_s - KEPT_EVERY_S < self._watch_s and not self.ended.all_over:
            if tracked.born_at + age_s > self._ctx.deadline - 1.0:
                return
            await self._until(tracked.born_at + age_s)
            if self.ended.all_over:
                return
            if not await self._keep(number, tracked):
                return
            age_s += KEPT_EVERY_S

    async def _keep(self, number: int, tracked: Tracked) -> bool:
        """One test and one keep-alive; False when the mapping has ended."""
        alive: bool | None = None
        before, checked_at = tracked.mapped, self._now()
        if self._server.method != AGAIN:
            quiet_s = round(checked_at - tracked.last_sent_at, 2)
            alive = await self._test("kept", tracked, silence_s=quiet_s, number=number)
        if alive is not False:
            if not await self._server.greet(tracked):
                return True  # an answer was lost: look again at the next turn
            if tracked.mapped == before:
                if self._server.method == AGAIN:
                    self._observe("kept", tracked, None, {"number": number, "same": True}, checked_at)
                return True
            self._observe("kept", tracked, False, {"number": number, "same": False}, checked_at)
        self.ended.kept[number] = checked_at - tracked.born_at
        if len(self.ended.kept) == KEPT:
            self.ended.all_over = True
        return False

    async def _inwards(self) -> None:
        """After its start only packets from outside keep it."""
        tracked = await self._new()
        if tracked is None:
            return
        await self._until(tracked.born_at + ESTABLISHED_S)
        if not await self._server.greet(tracked):
            return
        while self._now() + INWARDS_EVERY_S < min(self._ctx.deadline - 1.0, tracked.born_at + self._watch_s):
            await self._until(self._now() + INWARDS_EVERY_S)
            quiet_s = round(self._now() - tracked.last_sent_at, 2)
            alive = await self._test("inwards", tracked, silence_s=quiet_s)
            if alive is False or self.ended.all_over:
                return
            shortest = min(self.ended.too_long_s, default=None)
            if self.ended.silence_over and shortest is not None and quiet_s > shortest + 2 * INWARDS_EVERY_S:
                return

    async def _outwards(self, number: int, last_s: float) -> None:
        """Made, silent, three packets that nobody answers, the last `last_s` after the silence began; tested once.

        The test comes later than silence alone would end it, and sooner after those packets than that. An indication is
        never answered (RFC 8489 section 6.3.2): an answer would keep it too.
        """
        tracked = await self._established(number)
        if tracked is None:
            return
        test_s = min(last_s * OUTWARDS_TEST, self._watch_s)
        if tracked.last_heard_at + test_s > self._ctx.deadline - 1.0:
            return
        for left in reversed(range(OUTWARDS_PACKETS)):
            await self._until(tracked.last_heard_at + last_s - left * OUTWARDS_GAP_S)
            if self.ended.silence_over and last_s > min(self.ended.too_long_s, default=0.0):
                return  # silence has ended it already
            data = encode(MessageClass.INDICATION, self._ctx.host.rng.bytes(12), fingerprint=True)
            sent_at, sent = tracked.socket.send(data, self._server.place)
            self.unanswered += int(sent > 0)
            self.unanswered_bytes += sent
            tracked.last_sent_at = sent_at
        await self._until(tracked.last_heard_at + test_s)
        silent_s, quiet_s = (round(self._now() - at, 2) for at in (tracked.last_heard_at, tracked.last_sent_at))
        await self._test("outwards", tracked, silence_s=silent_s, quiet_s=quiet_s, number=number)

    async def _test(self, test: str, tracked: Tracked, **data: Any) -> bool | None:
        """Does a packet still come in? None where it cannot be known."""
        began_at = self._now()
        if self._server.method == AGAIN:
            before = tracked.mapped
            if not await self._server.greet(tracked):
                return None
            same = tracked.mapped == before
            self._observe(test, tracked, None if same else False, {"same": same, **data}, began_at)
            return None if same else False
        knocks: list[bytes] = []
        sent = 0
        for more in (KNOCKS, MORE_KNOCKS):
            if await self._knock(tracked, knocks, more):
                self._observe(test, tracked, True, {"knocks": len(knocks), **data}, began_at)
                return True
            sent = await self._server.sent(knocks)
            if sent >= MIN_SENT:
                break
        alive = True if heard(tracked, knocks) > 0 else False if sent >= MIN_SENT else None
        self._observe(test, tracked, alive, {"knocks": len(knocks), "sent": sent, **data}, began_at)
        return alive

    async def _knock(self, tracked: Tracked, knocks: list[bytes], count: int) -> bool:
        """Have so many packets sent; whether one arrives."""
        for number in range(count):
            knocks.append(self._server.knock(tracked))
            patience = KNOCK_GAP_S if number < count - 1 else max(LAST_WAIT_S, 1.5 * self._server.rtt_s)
            if await self._group.wait(self._now() + patience, lambda: heard(tracked, knocks) > 0):
                return True
        return False

    def _observe(self, test: str, tracked: Tracked, alive: bool | None, data: dict[str, Any], began_at: float) -> None:
        words = {True: "lives", False: "has ended", None: "cannot be told"}[alive]
        if data.get("same"):
            words = "shows the same port"
        self._ctx.observe(
            "nat.lifetime",
            Outcome.ANSWERED if alive or data.get("same") is not None else Outcome.NO_ANSWER,
            target=str(self._server.place),
            family=self._server.place.family,
            socket=str(tracked.socket.local),
            sent_at=began_at,
            summary=f"{test}: after {data.get('silence_s', 0):g} s the mapping {words}",
            data={
                "test": test,
                "method": self._server.method,
                "age_s": round(began_at - tracked.born_at, 2),
                "alive": alive,
                "mapped": str(tracked.mapped),
                **data,
            },
        )
