"""A relay's numbers as Prometheus text, under upstream's names."""

from __future__ import annotations

import re

from natscope.machines.derp.counters import Drop, End
from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.relay.metrics import relay_metrics
from natscope.web.metrics import GAUGE, Family, prometheus_text
from natscope.wire.keys import PrivateKey

UPSTREAMS = {
    "derp_accepts", "derp_bytes_received", "derp_packets_received", "derp_packets_sent", "derp_bytes_sent",
    "derp_bytes_dropped", "derp_packets_received_kind", "derp_packets_forwarded_in", "derp_packets_forwarded_out",
    "derp_got_ping", "derp_sent_pong", "derp_unknown_frames", "derp_home_moves_in", "derp_home_moves_out",
    "derp_peer_gone_disconnected_frames", "derp_peer_gone_not_here_frames", "derp_sclient_write_timeouts",
    "derp_clients_local", "derp_clients_remote", "derp_clients_total", "derp_current_connections",
    "derp_current_home_connections", "derp_current_notideal_connections", "derp_current_dup_client_keys",
    "derp_current_dup_client_conns", "derp_watchers", "derp_packets_dropped", "derp_websocket_accepts",
}  # fmt: skip
"""Of those that derper prints at `/debug/varz`."""


def front() -> Front:
    return Front(Relay(PrivateKey(bytes(range(32)))), Pages(), lambda: "now")


def test_upstreams_names_are_there_once_each() -> None:
    names = [family.name for family in relay_metrics(front())]
    assert set(names) >= UPSTREAMS
    assert len(names) == len(set(names))


def test_what_was_counted_is_printed() -> None:
    subject = front()
    subject.relay.counters.drop(Drop.QUEUE_HEAD, True, 200, count=3)
    subject.relay.counters.packets_received, subject.relay.counters.disco_received = 5, 2
    subject.relay.counters.end(End.SLOW)
    subject.relay.counters.twin_switches = 7
    subject.counters.by_status[426] = 2
    text = prometheus_text(relay_metrics(subject))
    assert 'derp_packets_dropped{reason="queue_head",kind="disco"} 3\n' in text
    assert 'derp_packets_dropped{reason="queue_head",kind="other"} 0\n' in text
    assert 'derp_bytes_dropped{reason="queue_head",kind="disco"} 200\n' in text
    assert 'derp_packets_received_kind{kind="disco"} 2\n' in text
    assert 'derp_packets_received_kind{kind="other"} 3\n' in text
    assert f'natscope_derp_connections_ended{{reason="{End.SLOW.value}"}} 1\n' in text
    assert "natscope_derp_dup_client_switches 7\n" in text
    assert 'natscope_http_answers{status="426"} 2\n' in text


def test_every_line_is_of_the_format() -> None:
    text = prometheus_text([*relay_metrics(front()), Family("a_seconds", GAUGE, "Words.", {"": 0.5})])
    sample = re.compile(r'[a-z_0-9]+(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? -?[0-9.e+-]+')
    for line in text.splitlines():
        assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line
    assert text.endswith("a_seconds 0.5\n")
