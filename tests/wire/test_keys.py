"""Keys: known pairs, text forms, what is no key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.wire.keys import DISCO_PUBLIC, NODE_PRIVATE, PrivateKey, key_text, parse_key, short_key
from tests.wire.derp.vectors import VECTORS, key


@pytest.mark.parametrize("name", ["server", "client", "client2"])
def test_public_keys_of_known_private_ones(name: str) -> None:
    private = PrivateKey(key(f"{name}_private"))
    assert private.public == key(f"{name}_public")
    assert private.data.hex() not in repr(private)


def test_text_forms() -> None:
    forms = VECTORS["key_text_forms"]
    assert key_text(key("client_public")) == forms["node_public"]
    assert parse_key(forms["node_private"], NODE_PRIVATE) == key("client_private")
    assert key_text(key("client2_public"), DISCO_PUBLIC) == forms["disco_public"]
    assert parse_key("ab" * 32, "") == bytes.fromhex("ab" * 32)


@given(st.binary(min_size=32, max_size=32))
def test_round_trip(data: bytes) -> None:
    assert parse_key(key_text(data)) == data
    assert short_key(data)[0] + short_key(data)[-1] == "[]"


@pytest.mark.parametrize("text", ["", "nodekey:", "nodekey:" + "0" * 63, "nodekey:" + "0" * 65, "nodekey:" + "g" * 64])
def test_no_keys(text: str) -> None:
    with pytest.raises(RemoteError):
        parse_key(text)


def test_a_private_key_has_32_bytes() -> None:
    with pytest.raises(RemoteError, match="32 bytes, not 31"):
        PrivateKey(bytes(31))
