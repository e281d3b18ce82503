"""STUN exchanges as observations, written when the run ends: late answers still count until then."""

from __future__ import annotations

from typing import Any

from natscope.host.api import Failure, Host
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.observation import Outcome
from natscope.netcheck.recorder import Recorder
from natscope.netcheck.stun_mux import Channel, Exchange, StunMux

MUX = "stun"
"""The probe name of what belongs to the shared socket and not to one probe."""
PATIENCE_S = 0.9
"""An interrupted run that waited less for an answer says `cancelled`, not `no-answer`."""


async def record_stun(mux: StunMux, recorder: Recorder, host: Host, *, ended: float, interrupted: bool) -> None:
    """Write every exchange and every counter of the mux."""
    locals_by_target: dict[IPAddress, str] = {}
    texts: dict[Endpoint, str] = {}
    exchanges = [(channel, exchange) for channel in mux.channels.values() for exchange in channel.exchanges]
    exchanges.sort(key=lambda pair: pair[1].sent_at)
    for channel, exchange in exchanges:
        ip = exchange.target.ip
        if ip not in locals_by_target:
            locals_by_target[ip] = _local(channel, await host.links.source_for(ip))
        if exchange.target not in texts:
            texts[exchange.target] = str(exchange.target)
        patience = ended - exchange.sent_at >= PATIENCE_S or not interrupted
        _record_exchange(recorder, exchange, texts[exchange.target], locals_by_target[ip], patience)
    for channel in mux.channels.values():
        _record_dropped(recorder, channel)


def record_sockets(mux: StunMux, recorder: Recorder, families: tuple[int, ...], asked_port: int = 0) -> None:
    """One `udp.socket` per family: bound, or refused with the words of the system.

    `asked_port` is the local port that the run was told to use: who measures again has to use it too.
    """
    data = {"asked_port": asked_port} if asked_port else {}
    for family in families:
        channel = mux.channels.get(family)  # type: ignore[call-overload]
        if channel is not None:
            recorder.observe(
                MUX, "udp.socket", Outcome.ANSWERED, family=family, socket=str(channel.local), data=dict(data)
            )
            continue
        error = mux.refused.get(family)  # type: ignore[call-overload]
        if error is not None:
            recorder.observe(
                MUX,
                "udp.socket",
                Outcome.LOCAL_ERROR,
                family=family,
                error=error.failure.value,
                summary=error.message,
                data=dict(data),
            )


def _local(channel: Channel, source: IPAddress | None) -> str:
    local = channel.local
    if local.ip.is_unspecified and source is not None:
        local = Endpoint(source, local.port)
    return str(local)


def _record_exchange(recorder: Recorder, exchange: Exchange, target: str, local: str, patience: bool) -> None:
    outcome, error, summary = _judge(exchange, patience)
    data: dict[str, Any] = {"round": exchange.round, "form": exchange.form}
    mapped = exchange.mapped or exchange.foreign_mapped
    if mapped is not None:
        data["mapped"] = str(mapped)
    if exchange.duplicates:
        data["duplicates"] = exchange.duplicates
    if exchange.malformed:
        data["malformed"] = exchange.malformed
    if exchange.reporter:
        data["reporter"] = exchange.reporter
    if exchange.icmp:
        data["icmp"] = exchange.icmp
    if exchange.rewritten:
        data["payload_rewritten"] = True
    foreign = exchange.foreign if exchange.answered_at is None else None
    recorder.observe(
        exchange.probe,
        "stun.binding",
        outcome,
        target=target,
        family=exchange.target.family,
        region_id=exchange.region_id,
        node=exchange.node,
        socket=local,
        source=str(foreign.source) if foreign else target if exchange.answered_at is not None else "",
        sent_at=exchange.sent_at,
        received_at=exchange.answered_at or exchange.error_at or (foreign.received_at if foreign else None),
        bytes_sent=exchange.bytes_sent,
        bytes_received=exchange.bytes_received,
        packets=1 if exchange.bytes_sent else 0,
        error=error,
        summary=summary,
        data=dict(data),
    )


def _judge(exchange: Exchange, patience: bool) -> tuple[Outcome, str, str]:
    """Outcome, error code, one clause."""
    if exchange.answered_at is not None:
        return Outcome.ANSWERED, "", ""
    if exchange.refused:
        return Outcome.REFUSED, "stun-error", f"the server answered {exchange.error}"
    if exchange.failure is not None and exchange.local_failure:
        if exchange.failure is Failure.PERMISSION:
            return Outcome.LOCAL_ERROR, exchange.failure.value, "this computer's own rules forbid to send there"
        return Outcome.LOCAL_ERROR, exchange.failure.value, exchange.error
    if exchange.failure is not None:
        return Outcome.ICMP_ERROR, exchange.failure.value, _icmp_words(exchange)
    if exchange.foreign is not None:
        return Outcome.WRONG, "other-source", f"the answer came from {exchange.foreign.source}"
    if exchange.malformed:
        return Outcome.WRONG, "malformed", "the answer was no valid STUN message"
    return (Outcome.NO_ANSWER, "", "") if patience else (Outcome.CANCELLED, "", "the run was interrupted")


def _icmp_words(exchange: Exchange) -> str:
    source = f" from {exchange.reporter}" if exchange.reporter else ""
    return f"an ICMP error came back{source}: {exchange.icmp or exchange.failure}"


def _record_dropped(recorder: Recorder, channel: Channel) -> None:
    if not channel.dropped:
        return
    counts = {reason: channel.dropped[reason].count for reason in sorted(channel.dropped)}
    sources = {reason: channel.dropped[reason].sources for reason in sorted(channel.dropped)}
    recorder.observe(
        MUX,
        "stun.dropped",
        Outcome.WRONG,
        family=channel.family,
        socket=str(channel.local),
        data={"counts": counts, "sources": sources},
        summary=", ".join(f"{count} {reason}" for reason, count in counts.items()),
    )
