"""SOAP: known bodies, faults by name, both directions, truncation, garbage."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire.portmap.igd_description import WAN_IP_1
from natscope.wire.portmap.soap import (
    ERRORS,
    MAX_ARGUMENTS,
    SoapCall,
    SoapFault,
    SoapResult,
    decode_answer,
    decode_call,
    encode_call,
    encode_fault,
    encode_result,
)
from tests.wire.portmap.vectors import VECTORS

NAMES = st.from_regex(r"New[A-Z][a-z]{1,8}", fullmatch=True)
TEXTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xD7FF), max_size=20)


def test_the_known_fault_is_read_by_its_code_and_name() -> None:
    fault = decode_answer(VECTORS["soap"]["fault_725"].encode(), "AddPortMapping")
    assert fault == SoapFault(725, "OnlyPermanentLeasesSupported")
    assert fault.name == ERRORS[725]


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_faults_survive_the_way(code: int) -> None:
    fault = decode_answer(encode_fault(code), "Any")
    assert fault == SoapFault(code, ERRORS[code])
    assert decode_answer(encode_fault(code, "own <words>"), "Any") == SoapFault(code, "own <words>")


def test_a_fault_without_a_upnp_error_keeps_its_words() -> None:
    inner = b"<Fault><faultcode>x</faultcode><faultstring>no such page</faultstring></Fault>"
    fault = decode_answer(b"<Envelope><Body>" + inner + b"</Body></Envelope>", "Any")
    assert fault == SoapFault(None, "no such page")
    assert fault.name == "no such page"
    odd = encode_fault(725).replace(b"725", b"seven")
    assert decode_answer(odd, "Any") == SoapFault(None, "OnlyPermanentLeasesSupported")


@given(st.dictionaries(NAMES, TEXTS, max_size=8))
def test_calls_and_results_survive_the_way(values: dict[str, str]) -> None:
    call = SoapCall(WAN_IP_1, "AddPortMapping", tuple(values.items()))
    assert decode_call(encode_call(call), call.soap_action) == call
    assert decode_answer(encode_result(WAN_IP_1, "Do", values), "Do") == SoapResult("Do", values)


def test_header_and_body_must_agree() -> None:
    body = encode_call(SoapCall(WAN_IP_1, "GetStatusInfo"))
    for header in ("", '"urn:x#Other"', "GetStatusInfo", '"#GetStatusInfo"'):
        with pytest.raises(RemoteError):
            decode_call(body, header)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html/>",
        b"<Envelope/>",
        b"<Envelope><Body/></Envelope>",
        encode_result(WAN_IP_1, "Other", {}),
        b"<Envelope><Body><DoResponse>" + b"<a/>" * (MAX_ARGUMENTS + 1) + b"</DoResponse></Body></Envelope>",
        b'<!DOCTYPE Envelope [<!ENTITY a "b">]>' + encode_result(WAN_IP_1, "Do", {}).partition(b"\n")[2],
        encode_result(WAN_IP_1, "Do", {"NewText": "x" * 70_000}),
    ],
    ids=range(8),
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(RemoteError):
        decode_answer(body, "Do")


def test_every_truncation_is_an_error() -> None:
    call = encode_call(SoapCall(WAN_IP_1, "GetStatusInfo"))
    answer = encode_result(WAN_IP_1, "GetStatusInfo", {"NewUptime": "1"})
    for whole in (call, answer, encode_fault(401)):
        for end in range(len(whole)):
            with pytest.raises(RemoteError):
                decode_answer(whole[:end], "GetStatusInfo")
            with pytest.raises(RemoteError):
                decode_call(whole[:end], f'"{WAN_IP_1}#GetStatusInfo"')


@given(st.binary(max_size=200), st.integers(0, 300))
def test_garbage_is_an_error_or_a_value(garbage: bytes, at: int) -> None:
    whole = encode_fault(718)
    for data in (garbage, whole[:at] + garbage + whole[at:]):
        with contextlib.suppress(RemoteError):
            decode_answer(data, "AddPortMapping")


@pytest.mark.parametrize("call", [SoapCall("", "A"), SoapCall('u"', "A"), SoapCall("u", "a b"), SoapCall("u", "1a")])
def test_what_would_break_the_envelope_is_our_bug(call: SoapCall) -> None:
    with pytest.raises(LocalError):
        encode_call(call)
