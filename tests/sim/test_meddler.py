"""What stands on a link and reads packets: marks are zeroed, looks are recognised, everything else passes."""

from __future__ import annotations

import contextlib
import ssl

import pytest

from natscope.sim.link import LinkSpec
from natscope.sim.meddler import MeddlerSpec
from natscope.wire.stun.message import RequestForm, encode_binding_request
from natscope.wire.udp_shapes import Shape, encode_shape, random_bytes

STUN = encode_binding_request(bytes(12), RequestForm.TAILSCALE)
WIREGUARD = encode_shape(Shape.WIREGUARD, bytes(random_bytes(Shape.WIREGUARD)))
OPAQUE = encode_shape(Shape.OPAQUE, bytes(random_bytes(Shape.OPAQUE)))


@pytest.mark.parametrize(("bleaches", "left"), [((), 0x8A), (("ecn",), 0x88), (("dscp",), 0x02), (("ecn", "dscp"), 0)])
def test_marks(bleaches: tuple[str, ...], left: int) -> None:
    assert MeddlerSpec(bleaches=bleaches).marked(0x8A) == left


def test_looks() -> None:
    stun, wireguard = MeddlerSpec(filters=("stun",)), MeddlerSpec(filters=("wireguard",))
    assert [stun.drops(p, 9) for p in (STUN, WIREGUARD, OPAQUE, b"")] == [True, False, False, False]
    assert [wireguard.drops(p, 9) for p in (STUN, WIREGUARD, OPAQUE, WIREGUARD[:-1])] == [False, True, False, False]


def test_dead_ports() -> None:
    dead = MeddlerSpec(dead_ports=(41641,))
    assert [dead.drops(b"x", port) for port in (41641, 41642)] == [True, False]
    with pytest.raises(ValueError, match="1 to 65535"):
        MeddlerSpec(dead_ports=(0,))


def test_what_goes_to_a_group() -> None:
    group = MeddlerSpec(filters=("multicast",))
    assert [group.drops(STUN, 9, to_group=to_group) for to_group in (False, True)] == [False, True]
    assert not MeddlerSpec(filters=("wireguard",)).drops(OPAQUE, 9, to_group=True)


def test_names_in_a_greeting() -> None:
    """A greeting of OpenSSL's, whole or cut behind the name; a longer name, and other messages, are something else."""
    spec = MeddlerSpec(resets=("relay3.test", "relay4.test"))
    hello = greeting("relay3.test")
    assert [spec.resets_for(part) for part in (hello, hello[: hello.index(b"relay3.test") + 11])] == [True, True]
    others = (
        greeting("relay5.test"),
        greeting("relay3.test.example"),
        greeting(None),
        b"\x17" + hello[1:],
        b"",
        hello[:4],
    )
    assert not any(map(spec.resets_for, others))
    assert not MeddlerSpec().resets_for(hello)


def greeting(name: str | None) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = False
    out = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    return out.read()


def test_unknown_words_are_refused() -> None:
    with pytest.raises(ValueError, match="a server name"):
        MeddlerSpec(resets=("",))
    with pytest.raises(ValueError, match="ecn, dscp"):
        MeddlerSpec(bleaches=("tos",))
    with pytest.raises(ValueError, match="stun, wireguard, multicast"):
        MeddlerSpec(filters=("dns",))


def test_a_link_with_one_is_not_plain() -> None:
    assert not LinkSpec(meddler=MeddlerSpec(bleaches=("ecn",))).is_plain
