"""Many STUN requests at once, to a relay that has just answered single ones: does somebody limit them?

Clients behind one carrier's address ask together. At most two bursts of 20 packets of 40 bytes, the second only where
most of the first got lost, after a pause and single requests that were answered: what is lost twice in bursts and never
singly is lost to a limit. Only ever the relay that is being checked.
"""

from __future__ import annotations

from natscope.host.api import Datagram, HostError, UdpSocket
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode
from natscope.relay_check.ask_stun import WAIT_S, Asking, next_item, take
from natscope.relay_check.watch import Watch, whereabouts
from natscope.wire.stun.message import RequestForm, encode_binding_request

KIND = "stun.burst"
BURST, SPACING_S = 20, 0.005
"""Twenty within a tenth of a second."""
ROUNDS, SINGLES = 2, 3
PAUSE_S = 3.0
"""Before the second burst: a bucket that refills at five a second, as natscope's own does, has enough again."""
ROOM_S = 2.0
"""So much must be left of the run's time for a burst and its answers."""


async def ask_in_bursts(watch: Watch, node: RelayNode, target: Endpoint) -> None:
    """One observation a burst, which counts the single requests before it too."""
    try:
        socket = await watch.host.udp.open(target.family)
    except HostError:
        return  # it was open a moment ago: nothing about the relay
    try:
        for number in range(1, ROUNDS + 1):
            if number > 1:
                await watch.host.clock.sleep(min(PAUSE_S, max(0.0, watch.deadline - watch.now())))
            before = await _singly(watch, socket, target) if number > 1 else []
            left_s = watch.deadline - watch.now()
            if left_s < ROOM_S or not all(single.times_s for single in before):
                return
            if await _burst(watch, node, socket, target, before):
                return
    finally:
        socket.close()


async def _burst(watch: Watch, node: RelayNode, socket: UdpSocket, target: Endpoint, before: list[Asking]) -> bool:
    """Whether most of them were answered, or nothing can be told. `before`: single requests of this round."""
    asking, began = Asking(target), watch.now()
    for _ in range(BURST):
        if not _send(watch, socket, asking):
            return True
        await _listen(watch, socket, asking, SPACING_S)
    await _listen(watch, socket, asking, watch.limit(WAIT_S))
    answered = len(asking.times_s)
    data = {"burst": asking.requests, "answers": answered, "singles": len(before)}
    data |= {"round": 2 if before else 1, "requests": asking.requests + len(before)}
    all_of_it = [*before, asking]
    watch.observe(
        KIND, Outcome.ANSWERED if answered else Outcome.NO_ANSWER, sent_at=began, received_at=watch.now(),
        bytes_sent=sum(one.bytes_sent for one in all_of_it), packets=data["requests"],
        bytes_received=sum(one.bytes_received for one in all_of_it), data=data, **whereabouts(node, target),
    )  # fmt: skip
    return is_good(asking.requests, answered)


def is_good(sent: int, answered: int) -> bool:
    """Half of them at least: fewer is no loss by chance where single ones never get lost."""
    return 2 * answered >= sent


async def _singly(watch: Watch, socket: UdpSocket, target: Endpoint) -> list[Asking]:
    """So many single requests, one after another."""
    found = []
    for _ in range(SINGLES):
        asking = Asking(target)
        if _send(watch, socket, asking):
            await _listen(watch, socket, asking, watch.limit(WAIT_S))
        found.append(asking)
    return found


def _send(watch: Watch, socket: UdpSocket, asking: Asking) -> bool:
    identity = watch.host.rng.bytes(12)
    request = encode_binding_request(identity, RequestForm.TAILSCALE)
    asking.sent[identity] = watch.now()
    try:
        socket.send(request, asking.target)
    except HostError:
        return False
    asking.requests += 1
    asking.bytes_sent += len(request)
    return True


async def _listen(watch: Watch, socket: UdpSocket, asking: Asking, limit_s: float) -> None:
    """Until all are answered, or the time is over."""
    until = watch.now() + limit_s
    while asking.sent and (left_s := until - watch.now()) > 0:
        item = await next_item(socket, left_s)
        if isinstance(item, Datagram):
            take(asking, item)
        elif item is None:
            return
