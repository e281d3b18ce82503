"""A second opinion on the kind of NAT, by a program of other people.

Question: what does pystun3 say, the library that most programs of this kind in Python use?
Method: its tests of RFC 3489 in a child process, bounded in time, memory and output, from the address that this
computer uses, at a server that honours CHANGE-REQUEST: at one that ignores it it calls every NAT a full cone. So each
server is tried before with our own test (RFC 5780 section 4.4): one whose answer came from elsewhere is taken first,
else one that kept silent, as behind a strict filter; one that answers from where it was asked, or refuses, is not.
Can tell: its word, to be held beside ours.
Cannot tell: anything where no relay honours CHANGE-REQUEST; IPv6, which it does not speak.
Disturbs: nothing; some 10 packets of 20 to 28 bytes, up to 12 seconds, after 2 to 60 of 64 bytes at each server tried.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from natscope.host.api import HostError
from natscope.machines.change_trial import ChangeTrial
from natscope.machines.unseen_trial import MAX_IDS
from natscope.model.observation import Outcome
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope_probes._drive import drive
from natscope_probes._nat_servers import NatServer, is_lossy, nat_servers, open_socket, own_scout

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

NAME = "nat_cross_check"
LIMIT_S = 12.0
NOT_ASKED = "takes up to 15 seconds"
MAX_PACKETS = 16
MAX_TRIED, TRIAL_S, TRIAL_BYTES = 3, 1.0, 64
TRIED_PACKETS = MAX_TRIED * MAX_IDS
PROVED, SILENT = "proved", "silent"
PACKETS, BYTES = MAX_PACKETS + TRIED_PACKETS, MAX_PACKETS * 28 + TRIED_PACKETS * TRIAL_BYTES
SECONDS = MAX_TRIED * TRIAL_S + LIMIT_S


def when(scope: Scope) -> str:
    """Only where it was asked for."""
    return "" if scope.options.cross_check or NAME in scope.options.only else NOT_ASKED


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """One relay of RFC 5780 and the other address that it names."""
    return (
        Contact(
            host="a relay with two addresses",
            port=None,
            protocol="udp",
            packets=PACKETS,
            bytes=BYTES,
            seconds=SECONDS,
            why="a second opinion on the kind of NAT",
            always=False,
        ),
        *own_scout(scope),
    )


PROBE = Probe(
    name=NAME,
    title="second opinion (pystun3)",
    families=(4,),
    after=("nat_servers",),
    when=when,
    needs=frozenset({"udp", "programs"}),
    budget=Budget(packets=PACKETS, bytes=BYTES, seconds=SECONDS),
    contacts=contacts,
    emits=("nat.second-opinion", "nat.server"),
    flag="--cross-check",
    last=True,
    uses=("relay_stun", "interfaces", "nat_servers", "nat_mapping", "nat_filtering"),
)


async def run(ctx: ProbeContext) -> None:
    """At the first server that is seen to honour CHANGE-REQUEST, else at the first that does not ignore it."""
    tried: dict[str, NatServer] = {}
    words = "no relay names another address (RFC 5780)"
    for server in [s for s in await nat_servers(ctx, 4) if s.other_address is not None][:MAX_TRIED]:
        heeds, words = await _heeds(ctx, server)
        tried.setdefault(heeds, server)
        if heeds == PROVED:
            break
    chosen = next((heeds for heeds in (PROVED, SILENT) if heeds in tried), "")
    if not chosen:
        summary = f"no relay honours CHANGE-REQUEST: {words}"
        ctx.observe("nat.second-opinion", Outcome.CANCELLED, family=4, summary=summary)
        return
    source = await ctx.host.links.source_for(tried[chosen].endpoint.ip)
    if source is None:
        return
    ctx.progress("asking pystun3 for a second opinion")
    await _ask(ctx, tried[chosen], str(source), chosen)


async def _heeds(ctx: ProbeContext, server: NatServer) -> tuple[str, str]:
    """`proved`, `silent`, or empty and why not: by a socket of its own, which wrote to this server only."""
    assert server.other_address is not None
    try:
        socket = await open_socket(ctx, 4)
    except HostError as error:
        return "", error.message
    ids, until = ctx.host.rng.bytes(12 * MAX_IDS), ctx.host.clock.now() + TRIAL_S
    trial = ChangeTrial(server.endpoint, server.other_address, ids, lossy=is_lossy(ctx, 4), until=until)
    try:
        failure = await drive(ctx.host, socket, trial)
    finally:
        socket.close()
    if any(count.arrived for count in trial.result.ways.values()):
        return PROVED, ""
    why = trial.result.reason or failure
    return ("", why) if why and not trial.result.is_controlled else (SILENT, "")


async def _ask(ctx: ProbeContext, server: NatServer, source: str, heeds: str) -> None:
    began = ctx.host.clock.now()
    end = await ctx.host.programs.pystun3(str(server.endpoint.ip), server.endpoint.port, source, timeout_s=LIMIT_S)
    says, external = _read(end.output)
    words = {"time": f"it did not end within {LIMIT_S:.0f} s", "missing": "it is not installed"}
    ctx.observe(
        "nat.second-opinion",
        Outcome.ANSWERED if says else Outcome.NO_ANSWER,
        target=str(server.endpoint),
        family=4,
        socket=f"{source}:0",
        sent_at=began,
        received_at=ctx.host.clock.now(),
        error=end.failure,
        summary=says or words.get(end.failure, "it broke on what it got"),
        data={"tool": "pystun3", "says": says, "external": external, "heeds": heeds},
    )


def _read(output: bytes) -> tuple[str, str]:
    """What it says and the address it saw; empty for anything that is no such line."""
    try:
        told = json.loads(output)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(told, dict):
        return "", ""
    return str(told.get("says", ""))[:80], str(told.get("external", ""))[:80]
