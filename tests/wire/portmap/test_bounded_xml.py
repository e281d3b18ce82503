"""Strangers' XML: what is read, and everything that must not be."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire.portmap.bounded_xml import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, MAX_TEXT, read_xml, xml_text

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + "]><root>&lol9;</root>"
)


def test_names_are_local_and_texts_are_trimmed() -> None:
    root = read_xml(b'\0\n<?xml version="1.0"?><a xmlns="urn:x"><B> one </B><b>two</b><c><d/></c></a>\0\0 ', "it")
    assert (root.name, root.text_of("b"), [n.text for n in root.all("B")]) == ("a", "one", ["one", "two"])
    assert root.find("d") is not None
    assert root.find("e") is None
    assert root.text_of("nothing") == ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        LAUGHS.encode(),
        b'<!DOCTYPE a SYSTEM "http://192.0.2.1/x"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<!DOCTYPE a><a/>",
        b'<?xml version="1.0" encoding="martian"?><a/>',
        b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
        b"<a>" * 10_000,
        b"<r>" + b"<a/>" * MAX_ELEMENTS + b"</r>",
        b"<a>" + b" " * MAX_BYTES + b"</a>",
    ],
    ids=range(14),
)
def test_what_must_not_be_read(data: bytes) -> None:
    with pytest.raises(RemoteError):
        read_xml(data, "it")


def test_the_limits_themselves_are_allowed() -> None:
    assert read_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH, "it").name == "a"
    assert len(read_xml(b"<r>" + b"<a/>" * (MAX_ELEMENTS - 1) + b"</r>", "it").children) == MAX_ELEMENTS - 1
    assert len(read_xml(b"<a>" + b"x" * 5000 + b"</a>", "it").text) == MAX_TEXT


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda t: f"<a>{t}</a>".encode()))
def test_garbage_is_an_error_or_a_tree(data: bytes) -> None:
    with contextlib.suppress(RemoteError):
        read_xml(data, "it")


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xD7FF), max_size=50))
def test_text_survives_the_way(text: str) -> None:
    assert read_xml(f"<a>{xml_text(text)}</a>".encode(), "it").text == text.strip(" ")


@pytest.mark.parametrize("text", ["\0", "\x1b[31m", "\ud800", "\ufffe"])
def test_what_xml_cannot_carry_is_our_bug(text: str) -> None:
    with pytest.raises(LocalError):
        xml_text(text)
