"""The daemon's preferences as they were recorded, older and odd ones, and what its checks warn of."""

from __future__ import annotations

import json

import msgspec
import pytest

from natscope.errors import RemoteError
from natscope.model.mesh_prefs import MeshPrefs
from natscope.wire.local_api.prefs import decode_prefs, decode_warning
from tests.wire.local_api.recorded import body, tree


def test_what_was_recorded() -> None:
    prefs = decode_prefs(body("prefs.http"))
    assert prefs == MeshPrefs(
        control_url="http://198.51.100.1:8080", wants_running=True, logged_out=False, accepts_routes=False,
        accepts_dns=False, shields_up=False, netfilter=2, rest=prefs.rest,
    )  # fmt: skip
    told = tree("prefs.http")
    assert len(prefs.rest) > 10
    assert prefs.rest == {name: told[name] for name in prefs.rest}
    assert {"Hostname", "NoSNAT", "AutoUpdate"} <= prefs.rest.keys()
    assert not prefs.offers_exit_node
    assert b"privkey" not in msgspec.json.encode(prefs)


def test_a_router_and_an_exit_node() -> None:
    prefs = decode_prefs(b'{"WantRunning": true, "AdvertiseRoutes": ["10.1.0.0/16", "::/0"], "OperatorUser": "ana", '
                         b'"ExitNodeIP": "100.64.0.9", "CorpDNS": true}')  # fmt: skip
    assert prefs.advertised == ("10.1.0.0/16", "::/0")
    assert (prefs.offers_exit_node, prefs.operator, prefs.exit_node) == (True, "ana", "100.64.0.9")


@pytest.mark.parametrize("name", ["Config", "Persist"])
def test_keys_are_not_kept(name: str) -> None:
    secret = {"PrivateNodeKey": "privkey:5e", "UserProfile": {"LoginName": "ana"}}
    prefs = decode_prefs(json.dumps({"WantRunning": True, name: secret, "Future": 1}).encode())
    assert prefs.rest == {"Future": 1}


def test_an_older_daemon_and_odd_fields() -> None:
    prefs = decode_prefs(b'{"ControlURL": 7, "CorpDNS": "yes", "AdvertiseRoutes": {}, "NetfilterMode": null}')
    assert prefs.accepts_dns is None
    assert (prefs.control_url, prefs.netfilter, prefs.advertised) == ("", None, ())
    assert len(prefs.problems) == 3


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"{}", b"<html>", b'{"Self": {}}', b"[" * 5000])
def test_what_are_no_preferences(data: bytes) -> None:
    with pytest.raises(RemoteError):
        decode_prefs(data)


def test_every_beginning_of_a_recording_is_refused_or_read() -> None:
    data = body("prefs.http")
    for length in range(0, len(data) - 2, 7):
        with pytest.raises(RemoteError):
            decode_prefs(data[:length])


def test_warnings() -> None:
    assert decode_warning(body("check-ip-forwarding.http")).startswith("IP forwarding is disabled")
    assert decode_warning(json.dumps({"Warning": ""}).encode()) == ""
    assert decode_warning(b"{}") == ""
    for data in (b"null", b'"x"', b'{"Warning": 3}', b"{"):
        with pytest.raises(RemoteError):
            decode_warning(data)
