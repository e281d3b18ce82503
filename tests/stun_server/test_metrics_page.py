"""The metrics page over HTTP and its text."""

from __future__ import annotations

import asyncio

import httpx

from natscope.host.real.host import build_real_host
from natscope.machines.stun_responder import HOME, Drop, StunResponder
from natscope.model.endpoint import Endpoint
from natscope.stun_server.limits import SourceLimiter
from natscope.stun_server.metrics_page import listen_for_metrics
from natscope.stun_server.service import StunService
from natscope.wire.stun.message import encode_binding_request

CLIENT = Endpoint.parse("192.0.2.1:9")


def busy_service() -> StunService:
    service = StunService(StunResponder(), SourceLimiter())
    for _ in range(25):
        service.answer(encode_binding_request(bytes(12)), CLIENT, HOME, 1.0)
    service.answer(b"garbage", CLIENT, HOME, 1.0)
    service.answer(
        encode_binding_request(bytes(12), attributes=[(0x7001, b"")]), Endpoint.parse("192.0.2.2:9"), HOME, 1.0
    )
    service.count_send_failures(3)
    return service


def test_the_text_has_every_count_with_help_and_type() -> None:
    lines = busy_service().metrics().splitlines()
    samples = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert samples["natscope_stun_requests_total"] == "27"
    assert samples['natscope_stun_answers_total{kind="success"}'] == "20"
    assert samples['natscope_stun_answers_total{kind="error-420"}'] == "1"
    assert samples['natscope_stun_dropped_total{reason="rate-limited"}'] == "5"
    assert samples['natscope_stun_dropped_total{reason="not-stun"}'] == "1"
    assert samples["natscope_stun_answer_bytes_total"] == str(20 * 32 + 36)
    assert samples["natscope_stun_send_failures_total"] == "3"
    assert samples["natscope_stun_limiter_sources"] == "2"
    assert samples["natscope_stun_limiter_total_refused_total"] == "0"
    assert sum("reason=" in name for name in samples) == len(Drop)
    families = {name.partition("{")[0] for name in samples}
    for family in families:
        assert sum(line.startswith(f"# HELP {family} ") for line in lines) == 1
        assert sum(line.startswith(f"# TYPE {family} ") for line in lines) == 1


async def test_the_page_is_served_and_nothing_else() -> None:
    service = busy_service()
    listener = await listen_for_metrics(build_real_host(), Endpoint.parse("127.0.0.1:0"), service)
    async with httpx.AsyncClient(base_url=f"http://{listener.local}", trust_env=False) as client:
        page = await client.get("/metrics")
        assert (page.status_code, page.text) == (200, service.metrics())
        assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
        statuses = await asyncio.gather(client.get("/"), client.post("/metrics"), client.head("/metrics"))
        assert [answer.status_code for answer in statuses] == [404, 405, 200]
    await listener.close()
