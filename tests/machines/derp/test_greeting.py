"""The greeting: who is asked about whom, what comes early is kept, what is wrong or late ends the connection."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.machines.derp.client import State
from natscope.machines.derp.counters import End
from natscope.machines.derp.greeting import has_mesh_key
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import RateLimit, RelaySettings
from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import HEADER, FrameType, RecvPacket, SendPacket, ServerKey, encode
from natscope.wire.derp.hello import ClientInfo, ServerInfo, open_server_info, seal_client_info
from natscope.wire.keys import PrivateKey
from tests.machines.derp.harness import MESH_KEY, Bench, private_key
from tests.wire.derp.vectors import VECTORS, key


def hello(bench: Bench, name: str, info: ClientInfo | None = None) -> bytes:
    return encode(seal_client_info(info or ClientInfo(), private_key(name), bench.relay.private.public, bytes(24)))


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), max_size=10))
def test_any_cut_of_the_greeting_with_a_packet_behind_it(cuts: list[int]) -> None:
    bench = Bench()
    b, a = bench.join("b"), bench.dial("a")
    data, offset = hello(bench, "a") + encode(SendPacket(b.key, b"early")), 0
    asked = []
    for cut in [*cuts, len(data)]:
        asked.append(bench.send(a, data[offset : offset + cut]).admit)
        offset += cut
    assert [one for one in asked if one is not None] == [a.client]
    assert b.take() == []
    bench.admit(a)
    assert b.take() == [RecvPacket(a.key, b"early")]


def test_the_server_key_comes_first_and_the_info_after_the_decision() -> None:
    bench = Bench()
    a = bench.dial("a")
    assert a.take() == [ServerKey(bench.relay.private.public)]
    bench.send(a, hello(bench, "a"))
    assert a.take() == []
    bench.admit(a)
    (sealed,) = a.take()
    assert open_server_info(sealed, a.private, bench.relay.private.public) == ServerInfo()  # type: ignore[arg-type]


def test_a_rate_limit_is_not_told() -> None:
    bench = Bench(RelaySettings(rate=RateLimit(bytes_per_second=1000)))
    a = bench.dial("a")
    bench.send(a, hello(bench, "a"))
    bench.admit(a)
    sealed = a.take()[1]
    info = open_server_info(sealed, a.private, bench.relay.private.public)  # type: ignore[arg-type]
    assert info == ServerInfo()


def test_a_refused_client_hears_nothing() -> None:
    bench = Bench()
    a = bench.dial("a")
    bench.send(a, hello(bench, "a"))
    bench.admit(a, allowed=False)
    assert a.ended is End.REFUSED
    assert a.take() == [ServerKey(bench.relay.private.public)]
    assert bench.relay.clients == 0
    bench.admit(a)
    assert a.client.state is State.CLOSED


@pytest.mark.parametrize(
    "data",
    [
        HEADER.pack(FrameType.SEND_PACKET, 40) + bytes(40),
        HEADER.pack(FrameType.CLIENT_INFO, 262_145),
        HEADER.pack(FrameType.CLIENT_INFO, 10) + bytes(10),
        HEADER.pack(FrameType.CLIENT_INFO, 100) + bytes(100),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_another_greeting_ends_the_connection(data: bytes) -> None:
    bench = Bench()
    a = bench.dial("a")
    bench.send(a, data)
    assert a.ended is End.GREETING


def test_a_late_greeting_or_decision_ends_the_connection() -> None:
    bench = Bench()
    silent, undecided, inside = bench.dial("a"), bench.dial("b"), bench.join("c")
    bench.send(undecided, hello(bench, "b"))
    bench.at(9.9)
    assert (silent.ended, undecided.ended) == (None, None)
    bench.at(10.0)
    assert (silent.ended, undecided.ended, inside.ended) == (End.GREETING_LATE, End.GREETING_LATE, None)


def test_what_is_kept_before_the_decision_is_bounded() -> None:
    bench = Bench()
    a = bench.dial("a")
    bench.send(a, hello(bench, "a"))
    for _ in range(4):
        bench.send(a, bytes(64 * 1024))
    assert a.ended is None
    bench.send(a, b"\0")
    assert a.ended is End.BUFFER


@pytest.mark.parametrize(
    ("mesh_key", "mesh"), [(MESH_KEY, True), (b"", False), (bytes(32), False), (MESH_KEY[:31] + b"\0", False)]
)
def test_mesh_peers_have_the_mesh_key(mesh_key: bytes, mesh: bool) -> None:
    bench = Bench()
    assert bench.join("a", info=ClientInfo(mesh_key=mesh_key)).client.is_mesh is mesh
    without = Bench(RelaySettings())
    assert not without.join("a", info=ClientInfo(mesh_key=mesh_key)).client.is_mesh


def test_the_known_transcript_is_answered_byte_for_byte() -> None:
    """These bytes were played against upstream's server once; the relay's nonce is the known one."""
    known = {name: bytes.fromhex(text) for name, text in VECTORS["full_transcript_plain"].items() if name != "note"}
    relay = Relay(PrivateKey(key("server_private")))
    client, effects = relay.connect(Endpoint.parse("192.0.2.7:4000"), 0.0, jitter=0.0)
    assert b"".join(effects.sends[client]) == known["server_1"]
    assert relay.received(client, known["client_1"] + known["client_2"], 0.0).admit is client
    effects = relay.admitted(client, True, key("server_info_nonce"), 0.0)
    assert b"".join(effects.sends[client]) == known["server_2"]
    assert client.home
    assert b"".join(relay.received(client, known["client_3"], 0.0).sends[client]) == known["server_3"]


def test_every_mesh_key_is_compared_whole_whatever_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer comes sooner for a key that begins right, is the first of several, or is too short."""
    admitted = (MESH_KEY, bytes(range(1, 33)), bytes(range(2, 34)))
    wanted = RelaySettings(mesh_key=admitted[0], other_mesh_keys=admitted[1:])
    right = hmac.compare_digest
    compared: list[tuple[bytes, bytes]] = []

    def compare(said: bytes, key: bytes) -> bool:
        compared.append((said, key))
        return right(said, key)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    almost = [MESH_KEY[:place] + bytes([MESH_KEY[place] ^ 1]) + MESH_KEY[place + 1 :] for place in range(32)]
    for said in (*admitted, *almost, MESH_KEY[:31], MESH_KEY + b"x"):
        assert has_mesh_key(ClientInfo(mesh_key=said), wanted) is (said in admitted)
        assert compared == [(said, key) for key in admitted]
        compared.clear()


def test_a_mesh_key_that_is_admitted_no_longer_ends_its_connections() -> None:
    """While a region changes its key both are admitted."""
    new = bytes(range(200, 232))
    bench = Bench()
    old_one = bench.join("old", mesh=True)
    client = bench.join("client")

    def change(key: bytes, *others: bytes) -> None:
        effects = bench.relay.reconfigure(write_limit_s=1.0, mesh_key=key, other_mesh_keys=others)
        bench.carry_out(effects)

    change(MESH_KEY, new)
    new_one = bench.join("new", info=ClientInfo(mesh_key=new))
    change(new, MESH_KEY)
    assert new_one.client.is_mesh
    assert (old_one.ended, new_one.ended) == (None, None)
    change(new)
    assert (old_one.ended, new_one.ended, client.ended) == (End.REFUSED, None, None)
    assert not bench.join("late", mesh=True).client.is_mesh
    assert client.client.write_limit_s == 1.0
    change(b"")
    assert new_one.ended is End.REFUSED
