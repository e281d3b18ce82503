"""JSON that may be shown on a terminal: still the same values, and nothing in it that steers."""

from __future__ import annotations

import ipaddress
import json

from hypothesis import given
from hypothesis import strategies as st

from natscope.cli.json_text import json_text
from natscope.plugins.clean import clean

TEXTS = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner),
    max_leaves=10,
)


@given(VALUES, st.sampled_from([0, 2]))
def test_the_same_values_and_nothing_that_steers(value: object, indent: int) -> None:
    text = json_text(value, indent=indent)
    assert json.loads(text) == value
    for char in text.replace("\n", ""):
        assert char.isascii() or clean(char) == char
        assert char != "\x7f"
        assert char >= " "


def test_what_is_harmless_stays_readable() -> None:
    assert json_text({"n": "näs ☃ 路由器"}) == '{"n":"näs ☃ 路由器"}\n'
    assert json_text("\u202e\x9b31m\U000e0001") == '"\\u202e\\u009b31m\\udb40\\udc01"\n'
    assert json_text([ipaddress.ip_address("192.0.2.1")]) == '["192.0.2.1"]\n'
