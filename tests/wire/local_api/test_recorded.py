"""Every recorded answer: it is read without a problem, refused in one line, or an answer to what nobody asks here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from natscope.errors import RemoteError
from natscope.tailscaled.refusals import refused
from natscope.wire.local_api.details import decode_details, read_details
from natscope.wire.local_api.metrics import decode_traffic
from natscope.wire.local_api.notices import NoticeReader, read_notice
from natscope.wire.local_api.path_changes import decode_path_changes
from natscope.wire.local_api.ping import decode_ping
from natscope.wire.local_api.prefs import decode_prefs, decode_warning
from natscope.wire.local_api.status import decode_status
from tests.wire.local_api.recorded import HTTP, body, status, tree


def decode_notices(data: bytes) -> Any:
    """All of a stream."""
    return [read_notice(tree) for tree in NoticeReader().feed(data)]


READ: dict[str, Callable[[bytes], Any]] = {
    "check-ip-forwarding": decode_warning,
    "peer-endpoint-changes": decode_path_changes,
    **dict.fromkeys(("ping-disco", "ping-disco-relay", "ping-icmp", "ping-nopeer", "ping-peerapi"), decode_ping),
    **dict.fromkeys(("ping-self", "ping-size", "ping-tsmp"), decode_ping),
    "prefs": decode_prefs,
    **dict.fromkeys(("status", "status-nopeers"), decode_status),
    "usermetrics": decode_traffic,
    **dict.fromkeys([f"watch-ipn-bus-{mask}" for mask in ("engine", "netmap", "state", "status")], decode_notices),
    "whois": decode_details,
}
REFUSED = {
    "debug-get": (405, "POST required"),
    "debug-unknown": (400, 'unknown action "zzz"'),
    "netmap-404": (404, "404 page not found"),
    "ping-badip": (400, "invalid IP"),
    "ping-get": (400, "want POST"),
    "ping-notype": (400, "missing 'type' parameter"),
    "whois-miss": (404, "no match for IP:port"),
}
UNASKED = {
    **dict.fromkeys(("debug-current-netmap", "debug-derp-region", "debug-peer-disco-keys", "debug-restun"), 200),
    **dict.fromkeys(("bugreport", "dns-osconfig", "metrics", "peer-by-id", "profiles", "root", "serve-config"), 200),
    **dict.fromkeys(("services", "suggest-exit-node", "user-profile"), 200),
    "routecheck": 204,
    "ping-type-wrong-case": 0,  # silence: the kind is always written right
}
"""By their HTTP status. What they tell stands in status and whois too, or is not about paths."""


def problems_of(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(problem for item in value for problem in problems_of(item))
    return tuple(getattr(value, "problems", ()))


def test_none_is_left_out() -> None:
    assert {name.removesuffix(".http") for name in HTTP} == READ.keys() | REFUSED.keys() | UNASKED.keys()
    assert len(HTTP) == len(READ) + len(REFUSED) + len(UNASKED)


@pytest.mark.parametrize("name", READ)
def test_read_without_a_problem(name: str) -> None:
    assert status(f"{name}.http") == 200
    found = READ[name](body(f"{name}.http"))
    assert found
    assert problems_of(found) == ()


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name: str) -> None:
    code, words = REFUSED[name]
    assert status(f"{name}.http") == code
    assert refused("tailscaled", code, body(f"{name}.http")).message == f"tailscaled answers {code}: {words}"


@pytest.mark.parametrize("name", UNASKED)
def test_what_is_not_asked_is_never_more_than_one_clear_error(name: str) -> None:
    assert status(f"{name}.http") == UNASKED[name]
    for decode in set(READ.values()):
        with contextlib.suppress(RemoteError):
            assert problems_of(decode(body(f"{name}.http"))) == ()


def test_every_description_of_a_node_is_read() -> None:
    netmap = tree("debug-current-netmap.http")
    nodes = [tree("peer-by-id.http"), netmap["SelfNode"], *netmap["Peers"]]
    found = [read_details(node) for node in nodes]
    assert [details.name for details in found] == [f"node-{one}.lab.internal" for one in "babhu"]
    assert all(details.endpoints and details.home_region and details.network for details in found)
    assert problems_of(found) == ()
    assert found[0].rest["DiscoKey"] == tree("debug-peer-disco-keys.http")[found[0].key]
