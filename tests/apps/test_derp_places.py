"""Where to listen, as people and derper's flags write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.apps.derp_places import places
from natscope.errors import UserError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":443", ["0.0.0.0:443", "[::]:443"]),
        ("*:443", ["0.0.0.0:443", "[::]:443"]),
        (":https", ["0.0.0.0:443", "[::]:443"]),
        ("192.0.2.1:8443", ["192.0.2.1:8443"]),
        ("192.0.2.1", ["192.0.2.1:443"]),
        ("[2001:db8::1]:8443", ["[2001:db8::1]:8443"]),
        ("[2001:db8::1]", ["[2001:db8::1]:443"]),
        ("2001:db8::1", ["[2001:db8::1]:443"]),
        ("localhost:0", ["127.0.0.1:0"]),
    ],
)
def test_places(text: str, expected: list[str]) -> None:
    assert [str(end) for end in places(text, "--listen", 443)] == expected


@pytest.mark.parametrize("text", ["", ":", ":x", ":65536", ":-1", "relay.test:443", "192.0.2.1:", "1.2.3:4", "443"])
def test_what_is_no_place_is_one_line(text: str) -> None:
    with pytest.raises(UserError, match=r"^-a x: "):
        places(text, "-a x", 443)


@given(st.text(max_size=30))
def test_any_text_is_a_place_or_one_sentence(text: str) -> None:
    try:
        found = places(text, "--listen", 443)
    except UserError:
        return
    assert found
