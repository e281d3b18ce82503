"""The greeting: known boxes both ways, other keys, Go's reading of JSON, garbage."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire.derp.frames import FrameType, Sealed, encode
from natscope.wire.derp.hello import (
    ClientInfo,
    ServerInfo,
    client_info_from_json,
    open_client_info,
    open_server_info,
    seal_client_info,
    seal_server_info,
)
from natscope.wire.derp.parsing import decode
from natscope.wire.keys import PrivateKey
from tests.wire.derp.vectors import FRAMES, VECTORS, key

SERVER, CLIENT = PrivateKey(key("server_private")), PrivateKey(key("client_private"))
MESH = bytes.fromhex("6d529e9d4ef632d22d4a4214cb49da8f1ba1b72697061fb24e312984c35ec8d8")
CLIENTS = {
    "ClientInfo, ordinary client": ClientInfo(can_ack_pings=True),
    "ClientInfo, mesh peer": ClientInfo(mesh_key=MESH),
    "ClientInfo, prober with AppName": ClientInfo(is_prober=True, app_name="natscope"),
}
SERVERS = {
    "ServerInfo, as derper sends it": ServerInfo(),
    "ServerInfo with send rate limit": ServerInfo(bytes_per_second=1_000_000, burst_bytes=65_568),
}


def sealed(name: str) -> Sealed:
    frame = decode(FRAMES[name][0], FRAMES[name][5:])
    assert isinstance(frame, Sealed)
    return frame


@pytest.mark.parametrize("name", CLIENTS)
def test_client_info_both_ways(name: str) -> None:
    made = seal_client_info(CLIENTS[name], CLIENT, SERVER.public, key("client_info_nonce"))
    assert encode(made) == FRAMES[name]
    assert open_client_info(sealed(name), SERVER) == CLIENTS[name]


@pytest.mark.parametrize("name", SERVERS)
def test_server_info_both_ways(name: str) -> None:
    made = seal_server_info(SERVERS[name], SERVER, CLIENT.public, key("server_info_nonce"))
    assert encode(made) == FRAMES[name]
    assert open_server_info(sealed(name), CLIENT, SERVER.public) == SERVERS[name]


def test_a_box_opens_only_with_its_keys() -> None:
    other = PrivateKey(key("client2_private"))
    frame = sealed("ClientInfo, ordinary client")
    for wrong in (Sealed(frame.type, other.public, frame.box), Sealed(frame.type, frame.key, frame.box[:-1] + b"\0")):
        with pytest.raises(RemoteError, match="does not open"):
            open_client_info(wrong, SERVER)
    with pytest.raises(RemoteError, match="does not open"):
        open_client_info(frame, other)
    with pytest.raises(RemoteError, match="does not open"):
        open_server_info(sealed("ServerInfo, as derper sends it"), CLIENT, other.public)


def test_truncated_boxes_do_not_open() -> None:
    frame = sealed("ClientInfo, ordinary client")
    for cut in range(len(frame.box)):
        with pytest.raises(RemoteError):
            open_client_info(Sealed(frame.type, frame.key, frame.box[:cut]), SERVER)


@given(st.binary(max_size=200))
def test_garbage_does_not_open(box: bytes) -> None:
    with pytest.raises(RemoteError):
        open_client_info(Sealed(FrameType.CLIENT_INFO, CLIENT.public, box), SERVER)


@pytest.mark.parametrize("entry", VECTORS["client_info_json"], ids=lambda entry: str(entry["json"])[:50])
def test_json_is_read_as_upstream_does(entry: dict[str, object]) -> None:
    text = str(entry["json"]).encode()
    if entry["ok"]:
        info = client_info_from_json(text)
        assert info.mesh_key in (b"", MESH)
        assert info.version in (0, 2, 5)
    else:
        with pytest.raises(RemoteError):
            client_info_from_json(text)


@pytest.mark.parametrize("text", [b"", b"[]", b"nonsense", b'{"version":"2"}', b'{"version":true}', b"[" * 100_000])
def test_other_json_is_refused(text: bytes) -> None:
    with pytest.raises(RemoteError):
        client_info_from_json(text)


def test_nothing_reads_as_absent_and_zeros_are_no_mesh_key() -> None:
    assert client_info_from_json(b'{"version":null,"AppName":null}') == ClientInfo(version=0)
    assert client_info_from_json(b"null") == ClientInfo(version=0)
    assert client_info_from_json(b'{"AppName":"\xff"}').app_name == "\ufffd"
    assert client_info_from_json(b'{"AppName":"\\ud800"}').app_name == "\ufffd"
    assert client_info_from_json(json.dumps({"meshKey": "0" * 64}).encode()) == ClientInfo(version=0)
    assert b"meshKey" not in seal_client_info(ClientInfo(mesh_key=bytes(32)), CLIENT, SERVER.public, bytes(24)).box


def test_a_nonce_of_another_length_is_our_own_mistake() -> None:
    with pytest.raises(LocalError, match="24 bytes"):
        seal_client_info(ClientInfo(), CLIENT, SERVER.public, bytes(8))
