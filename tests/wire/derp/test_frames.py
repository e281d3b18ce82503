"""DERP frames in their typed form: known answers both ways."""

from __future__ import annotations

import pytest

from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import (
    HEADER,
    ClosePeer,
    ForwardPacket,
    Frame,
    FrameType,
    GoneReason,
    Health,
    KeepAlive,
    NotePreferred,
    PeerGone,
    PeerPresent,
    Ping,
    Pong,
    PresentFlags,
    RecvPacket,
    Restarting,
    SendPacket,
    ServerKey,
    Unknown,
    WatchConns,
    encode,
    is_disco,
)
from natscope.wire.derp.parsing import decode
from tests.wire.derp.vectors import FRAMES, VECTORS, key

A, B = key("client_public"), key("client2_public")
TEXT = b"hello, relay"
KNOWN: dict[str, Frame] = {
    "ServerKey": ServerKey(key("server_public")),
    "SendPacket": SendPacket(B, TEXT),
    "RecvPacket": RecvPacket(A, TEXT),
    "ForwardPacket": ForwardPacket(A, B, TEXT),
    "KeepAlive": KeepAlive(),
    "NotePreferred true": NotePreferred(True),
    "NotePreferred false": NotePreferred(False),
    "PeerGone, disconnected": PeerGone(B, GoneReason.DISCONNECTED),
    "PeerGone, not here": PeerGone(B, GoneReason.NOT_HERE),
    "WatchConns": WatchConns(),
    "ClosePeer": ClosePeer(B),
    "Ping": Ping(bytes(range(1, 9))),
    "Pong": Pong(bytes(range(1, 9))),
    "Health, problem": Health("BAD"),
    "Health, cleared": Health(""),
    "Restarting, reconnect in 1 ms, try for 2 ms": Restarting(1, 2),
    "PeerPresent, old form, key only": PeerPresent(B),
}


def payload(name: str) -> tuple[int, bytes]:
    kind, length = HEADER.unpack_from(FRAMES[name])
    assert length == len(FRAMES[name]) - HEADER.size
    return kind, FRAMES[name][HEADER.size :]


@pytest.mark.parametrize("name", KNOWN)
def test_known_frames_both_ways(name: str) -> None:
    assert encode(KNOWN[name]) == FRAMES[name]
    assert decode(*payload(name)) == KNOWN[name]


def test_every_known_frame_is_tested_here_or_in_the_greeting() -> None:
    others = {name for name in FRAMES if name not in KNOWN and not name.startswith(("ClientInfo", "ServerInfo"))}
    assert others == {
        "ServerKey with 4 unknown trailing bytes (client must accept)",
        "PeerGone, old form without reason (means disconnected)",
        "PeerPresent, IPv4, regular",
        "PeerPresent, IPv6, prober and not ideal",
        "PeerPresent, old form without flags",
    }


def test_longer_and_older_forms_are_read() -> None:
    assert decode(*payload("ServerKey with 4 unknown trailing bytes (client must accept)")) == KNOWN["ServerKey"]
    assert decode(*payload("PeerGone, old form without reason (means disconnected)")) == PeerGone(B)
    old = decode(*payload("PeerPresent, old form without flags"))
    assert isinstance(old, PeerPresent)
    assert old.address is not None
    assert old.flags is PresentFlags.NONE


@pytest.mark.parametrize(
    ("name", "family", "flags"),
    [
        ("PeerPresent, IPv4, regular", 4, PresentFlags.REGULAR),
        ("PeerPresent, IPv6, prober and not ideal", 6, PresentFlags.PROBER | PresentFlags.NOT_IDEAL),
    ],
)
def test_peers_with_an_address(name: str, family: int, flags: PresentFlags) -> None:
    frame = decode(*payload(name))
    assert isinstance(frame, PeerPresent)
    assert isinstance(frame.address, Endpoint)
    assert (frame.address.family, frame.flags) == (family, flags)
    assert encode(frame) == FRAMES[name]


def test_unknown_types_keep_their_bytes() -> None:
    assert decode(0x7F, b"new") == Unknown(0x7F, b"new")
    assert encode(Unknown(0x7F, b"new")) == b"\x7f\0\0\0\x03new"
    assert FrameType(0x15) is FrameType.RESTARTING


def test_headers() -> None:
    for entry in VECTORS["frame_headers"]:
        assert HEADER.unpack(bytes.fromhex(entry["hex"])) == (entry["type"], entry["length"])


def test_disco_is_told_by_length_and_magic() -> None:
    magic = b"TS\xf0\x9f\x92\xac"
    assert is_disco(magic + bytes(56))
    assert not is_disco(magic + bytes(55))
    assert not is_disco(bytes(62))
