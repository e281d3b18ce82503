"""A relay's numbers as Prometheus text. Where upstream's derper has a name for something, that name is used.

Counters belong to the relay's machine and its front; nothing is counted here. Source of the names: upstream
derp/derpserver/derpserver.go (ExpVar), as its `/debug/varz` prints them.
"""

from __future__ import annotations

from collections.abc import Iterator

from natscope.machines.derp.client import Client
from natscope.machines.derp.counters import Drop, End
from natscope.machines.derp.front import Front
from natscope.machines.derp.relay import Relay
from natscope.web.metrics import COUNTER, GAUGE, Family

_KINDS = {True: "disco", False: "other"}


def relay_metrics(front: Front) -> list[Family]:
    """Everything about the relay. To be called where the relay's machine may be touched."""
    return [*_counted(front.relay), *_present(front.relay), *_by_reason(front.relay), *_http(front)]


def _counted(relay: Relay) -> Iterator[Family]:
    counters = relay.counters
    for name, words, value in (
        ("accepts", "Connections that asked for the relay.", counters.accepts),
        ("bytes_received", "Bytes read from clients.", counters.bytes_received),
        ("packets_received", "Packets from clients.", counters.packets_received),
        ("packets_sent", "Packets to clients.", counters.packets_sent),
        ("bytes_sent", "Bytes of packets to clients.", counters.bytes_sent),
        ("packets_forwarded_out", "Packets for clients of other relays of the region.", counters.forwarded_out),
        ("packets_forwarded_in", "Packets from other relays of the region.", counters.forwarded_in),
        ("got_ping", "Pings of clients.", counters.pings),
        ("sent_pong", "Answers to them.", counters.pongs),
        ("unknown_frames", "Frames of unknown types, passed over.", counters.unknown_frames),
        ("home_moves_in", "Clients that made this their home relay.", counters.home_moves_in),
        ("home_moves_out", "Clients that have another home now.", counters.home_moves_out),
        ("peer_gone_disconnected_frames", "Clients told that a peer is gone.", counters.gone_disconnected_frames),
        ("peer_gone_not_here_frames", "Clients told that a peer is not here.", counters.gone_not_here_frames),
        ("sclient_write_timeouts", "Connections closed because nobody read them.", counters.write_timeouts),
    ):
        yield Family(f"derp_{name}", COUNTER, words, {"": value})


def _present(relay: Relay) -> Iterator[Family]:
    registry = relay.registry
    local = len(registry.all_of)
    remote = sum(key not in registry.all_of for key in registry.links)
    clients = [client for twins in registry.all_of.values() for client in twins if isinstance(client, Client)]
    dup_keys, dup_connections = registry.duplicates()
    for name, words, value in (
        ("clients_local", "Keys that are connected here.", local),
        ("clients_remote", "Keys that are connected to another relay of the region only.", remote),
        ("clients_total", "Keys that can be reached.", local + remote),
        ("current_connections", "Relay connections, whatever their state.", relay.clients),
        ("current_home_connections", "Connections of clients whose home this is.", sum(c.home for c in clients)),
        ("current_notideal_connections", "Clients that would rather use another node.",
         sum(not c.is_ideal for c in clients)),
        ("current_dup_client_keys", "Keys with several connections.", dup_keys),
        ("current_dup_client_conns", "Their connections.", dup_connections),
        ("watchers", "Relays that watch this one.", len(registry.watchers)),
    ):  # fmt: skip
        yield Family(f"derp_{name}", GAUGE, words, {"": value})


def _by_reason(relay: Relay) -> Iterator[Family]:
    counters = relay.counters
    words = "Times that packets for a key began to go to another of its connections, because that one had spoken."
    yield Family("natscope_derp_dup_client_switches", COUNTER, words, {"": counters.twin_switches})
    words = "Times that a connection took again what had waited for it."
    yield Family("natscope_derp_queued", COUNTER, words, {"": counters.queued})
    words = "How long it had waited, all times together: what was first in the queue."
    yield Family("natscope_derp_queued_seconds", COUNTER, words, {"": round(counters.queued_s, 6)})
    for what, words, dropped in (
        ("packets", "Packets that were not delivered, by reason and kind.", counters.drops),
        ("bytes", "Their bytes.", counters.dropped_bytes),
    ):
        samples = {
            f'{{reason="{reason.value}",kind="{kind}"}}': dropped.get((reason, is_disco), 0)
            for reason in Drop
            for is_disco, kind in _KINDS.items()
        }
        yield Family(f"derp_{what}_dropped", COUNTER, words, samples)
    disco = counters.disco_received
    kinds = {'{kind="disco"}': disco, '{kind="other"}': counters.packets_received - disco}
    yield Family("derp_packets_received_kind", COUNTER, "Packets from clients, by kind.", kinds)
    ends = {f'{{reason="{reason.value}"}}': relay.counters.ends.get(reason, 0) for reason in End}
    yield Family("natscope_derp_connections_ended", COUNTER, "Relay connections that ended, by reason.", ends)


def _http(front: Front) -> Iterator[Family]:
    counters = front.counters
    statuses = {f'{{status="{status}"}}': count for status, count in sorted(counters.by_status.items())}
    yield Family("derp_websocket_accepts", COUNTER, "Clients inside WebSocket.", {"": counters.websockets})
    for name, words, value in (
        ("requests", "HTTP requests, upgrades too.", counters.requests),
        ("bad_requests", "What was no HTTP.", counters.bad_requests),
        ("fast_starts", "Clients that knew the relay's key and were sent no answer.", counters.fast_starts),
        ("late", "Connections that did not get to the point in time.", counters.late),
    ):
        yield Family(f"natscope_http_{name}", COUNTER, words, {"": value})
    yield Family("natscope_http_answers", COUNTER, "Answers that are no upgrade, by status.", statuses)
    refused = {
        '{reason="pending"}': counters.refused_connections,
        '{reason="rate"}': counters.limited_connections,
    }
    yield Family("natscope_connections_refused", COUNTER, "Connections closed at once, by reason.", refused)
