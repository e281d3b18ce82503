"""Our STUN client gets right answers from servers that others wrote."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from natscope.apps.stun_query import Answer, query
from natscope.errors import CannotMeasure
from natscope.host.real.host import build_real_host
from natscope.machines.many_asks import ManyAsks
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.message import RequestForm
from natscope_probes._drive import drive
from natscope_probes._nat_servers import ASK
from tests.interop.stun_peers import coturn, derper, stund

pytestmark = pytest.mark.interop

PLAIN, TAILSCALE = (RequestForm.PLAIN,), (RequestForm.TAILSCALE,)


async def ask(server: Endpoint, forms: tuple[RequestForm, ...], timeout_s: float = 5.0) -> Answer:
    answer = await query(build_real_host(), str(server), forms=forms, family=None, timeout_s=timeout_s)
    assert answer.mapped == answer.local
    assert (answer.other_source, answer.rewritten, answer.error_code) == (None, False, None)
    return answer


@pytest.mark.parametrize("forms", [PLAIN, TAILSCALE])
async def test_coturn_with_two_addresses(tmp_path: Path, forms: tuple[RequestForm, ...]) -> None:
    with coturn(tmp_path, ["127.0.0.3", "127.0.0.4"]) as server:
        answer = await ask(server, forms)
    assert answer.response_origin == str(server)
    assert answer.other_address is not None
    other = Endpoint.parse(answer.other_address)
    assert (str(other.ip), other.port != server.port) == ("127.0.0.4", True)
    assert answer.software.startswith("Coturn-")


@pytest.mark.parametrize("address", ["127.0.0.3", "::1"])
async def test_coturn_with_one_address(tmp_path: Path, address: str) -> None:
    with coturn(tmp_path, [address]) as server:
        answer = await ask(server, PLAIN)
    assert answer.other_address is None
    assert answer.bytes_received == (80 if server.family == 4 else 116)


async def test_stund_answers_the_tailscale_form_only(tmp_path: Path) -> None:
    with stund(tmp_path) as server:
        assert (await ask(server, TAILSCALE)).bytes_received == 32
        assert (await ask(server, tuple(RequestForm))).form == "tailscale"
        with pytest.raises(CannotMeasure):
            await ask(server, PLAIN, timeout_s=0.3)


@pytest.mark.parametrize(("address", "size"), [("127.0.0.1", 32), ("", 44)])
async def test_derper_names_ipv4_clients_in_both_ways(tmp_path: Path, address: str, size: int) -> None:
    with derper(tmp_path, address) as server:
        answer = await ask(server, TAILSCALE)
    assert answer.bytes_received == size


def started(kind: str, folder: Path) -> AbstractContextManager[Endpoint]:
    if kind == "coturn":
        return coturn(folder, ["127.0.0.3", "127.0.0.4"])
    return stund(folder) if kind == "stund" else derper(folder, "127.0.0.1")


@pytest.mark.parametrize("kind", ["coturn", "stund", "derper"])
async def test_who_is_no_helper_answers_our_question_as_any_other(tmp_path: Path, kind: str) -> None:
    """The attribute that asks for a helper is skipped by everybody; coturn names its other address unasked."""
    with started(kind, tmp_path) as server:
        asks = ManyAsks([server], os.urandom(12 * ManyAsks.ids_needed(1)), ASK)
        host = build_real_host()
        socket = await host.udp.open(4)
        assert await drive(host, socket, asks) == ""
        socket.close()
    (asked,) = asks.asked
    assert asked.mapped is not None
    assert asked.answer is not None
    assert asked.answer.first(Attr.HELPER) is None
    assert (asked.answer.other_address is not None) is (kind == "coturn")


async def test_derper_over_ipv6(tmp_path: Path) -> None:
    with derper(tmp_path) as server:
        answer = await ask(Endpoint.parse(f"[::1]:{server.port}"), TAILSCALE)
    assert answer.bytes_received == 44
