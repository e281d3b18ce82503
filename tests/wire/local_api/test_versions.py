"""Daemons from some years back to some years ahead: a field that is missing or new costs nothing but itself.

Two were recorded: 1.102.5, and 1.76.6 of November 2024. Those before, between and after them are made from the first by
leaving out fields, each alone and in groups that came later, and by adding fields and values.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from natscope.wire.local_api.details import decode_details
from natscope.wire.local_api.notices import NoticeReader, read_notice
from natscope.wire.local_api.path_changes import decode_path_changes
from natscope.wire.local_api.ping import decode_ping
from natscope.wire.local_api.prefs import decode_prefs
from natscope.wire.local_api.status import decode_status
from tests.wire.local_api.recorded import body, tree

LATER = {
    "2024": {"NodeID", "PeerRelay", "TaildropTarget", "NoFileSharingReason", "HaveNodeKey", "ClientVersion", "CapMap"},
    "2023": {"NodeID", "PeerRelay", "TaildropTarget", "NoFileSharingReason", "HaveNodeKey", "ClientVersion", "CapMap",
             "TUN", "ExtraRecords", "LastHandshake", "KeyExpiry", "AllowedIPs", "sshHostKeys", "Location", "Cap",
             "HomeDERP", "OSHasIPv6", "WorkingICMPv4", "Userspace", "UserspaceRouter", "Container", "IsLocalIP",
             "PeerAPIURL", "AppConnector", "NetfilterKind", "OperatorUser"},
}  # fmt: skip
DECODERS: dict[str, tuple[Callable[[bytes], Any], str]] = {
    "status": (decode_status, "status-active.json"),
    "ping": (decode_ping, "ping-disco.http"),
    "relayed ping": (decode_ping, "ping-disco-relay.http"),
    "whois": (decode_details, "whois.http"),
    "prefs": (decode_prefs, "prefs.http"),
    "history": (decode_path_changes, "peer-endpoint-changes.http"),
}
NEEDED = {"status": {"BackendState", "Self"}, "ping": {"IP"}, "relayed ping": {"IP"}, "whois": {"Node"}}
"""By which an answer is known to be one."""


OLD = {
    "status": "status.http", "logged out": "status-needslogin.http", "ping": "ping-disco.http",
    "TSMP ping": "ping-tsmp.http", "ICMP ping": "ping-icmp.http", "peerapi ping": "ping-peerapi.http",
    "whois": "whois.http", "prefs": "prefs.http", "history": "peer-endpoint-changes.http",
}  # fmt: skip
"""What 1.76.6 answered."""


@pytest.mark.parametrize("what", OLD)
def test_a_recorded_daemon_of_november_2024_has_no_problem(what: str) -> None:
    decode = {"logged out": decode_status}.get(what) or DECODERS[what.split()[-1]][0]
    assert problems_of(decode(body(f"1.76.6/{OLD[what]}"))) == ()


def test_what_it_tells() -> None:
    status = decode_status(body("1.76.6/status.http"))
    (peer,) = status.peers
    assert (status.version[:6], str(status.state), peer.short_name) == ("1.76.6", "running", "b")
    assert (peer.node_id, peer.peer_relay, str(peer.current)) == (None, "", "[2001:db8:c::2]:43147")
    assert str(decode_status(body("1.76.6/status-needslogin.http")).state) == "needs-login"
    assert str(decode_ping(body("1.76.6/ping-disco.http")).endpoint) == "203.0.113.11:49760"
    assert decode_ping(body("1.76.6/ping-tsmp.http")).peer_api_port == 46590
    details = decode_details(body("1.76.6/whois.http"))
    assert (details.capability, details.home_region, len(details.endpoints)) == (106, None, 3)
    assert details.network is not None
    assert (details.network.home_region, details.network.latency_ms) == (900, {900: 0.777392})
    assert decode_prefs(body("1.76.6/prefs.http")).wants_running is True
    (tree,) = NoticeReader().feed(body("1.76.6/watch-ipn-bus.http"))
    assert str(read_notice(tree).state) == "running"


def objects(found: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, itself first."""
    if isinstance(found, dict):
        yield found
        for value in found.values():
            yield from objects(value)
    elif isinstance(found, list):
        for value in found:
            yield from objects(value)


def is_table(found: dict[str, Any]) -> bool:
    """Its names are data: keys of nodes, numbers of users, relays."""
    return any(name[:1].isdigit() or name.startswith("nodekey:") for name in found)


def written(found: Any) -> bytes:
    return msgspec.json.encode(found, enc_hook=str)


def without_rest(found: Any) -> Any:
    """Of models, as plain values."""
    plain = json.loads(written(found))
    for each in objects(plain):
        each.pop("rest", None)
    return plain


def decoded(what: str, changed: Any) -> Any:
    return DECODERS[what][0](json.dumps(changed).encode())


def problems_of(value: Any) -> tuple[str, ...]:
    return getattr(value, "problems", ())


@pytest.mark.parametrize("what", DECODERS)
def test_each_field_may_be_missing_alone(what: str) -> None:
    recorded = tree(DECODERS[what][1])
    for number, found in enumerate(objects(recorded)):
        for name in found:
            if name in NEEDED.get(what, set()):
                continue
            changed = copy.deepcopy(recorded)
            del list(objects(changed))[number][name]
            assert problems_of(decoded(what, changed)) == (), name
        if number > 40:
            break


@pytest.mark.parametrize("year", LATER)
@pytest.mark.parametrize("what", DECODERS)
def test_what_came_later_may_be_missing_together(what: str, year: str) -> None:
    changed = tree(DECODERS[what][1])
    for found in objects(changed):
        for name in LATER[year] & found.keys():
            del found[name]
    assert problems_of(decoded(what, changed)) == ()


@pytest.mark.parametrize("what", DECODERS)
def test_what_comes_later_changes_nothing_and_is_kept(what: str) -> None:
    decode, name = DECODERS[what]
    changed = tree(name)
    added = [found for found in objects(changed) if not is_table(found)]
    for found in added:
        found["FromTheFuture"] = {"list": [1, None, {"x": "y"}], "text": "\u202e"}
    got, known = decoded(what, changed), decode(body(name))
    assert without_rest(got) == without_rest(known)
    secret = len(list(objects(tree(name)["Config"]))) if what == "prefs" else 0
    assert written(got).count(b'"FromTheFuture":') == len(added) - secret


@pytest.mark.parametrize("what", ["status", "ping", "whois"])
def test_every_value_may_be_null(what: str) -> None:
    recorded = tree(DECODERS[what][1])
    for number, found in enumerate(objects(recorded)):
        for name in found:
            if name in NEEDED.get(what, set()):
                continue
            changed = copy.deepcopy(recorded)
            list(objects(changed))[number][name] = None
            assert problems_of(decoded(what, changed)) == (), name
        if number > 12:
            break


def test_states_and_notices_of_the_future() -> None:
    changed = tree("status-active.json")
    changed["BackendState"] = "Hibernating"
    status = decoded("status", changed)
    assert (str(status.state), status.state_word) == ("unknown", "Hibernating")
    notice = read_notice({"State": 12, "NewKind": {"a": 1}})
    assert (str(notice.state), notice.kinds, notice.problems) == ("unknown", ("State", "NewKind"), ())
