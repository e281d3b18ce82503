"""What the first process and its workers tell each other comes out as it went in."""

from __future__ import annotations

import msgspec
import pytest

from natscope.apps.derp_worker import share
from natscope.model.endpoint import Endpoint
from natscope.relay.config import LimitsConfig, RelayConfig, StunConfig, TlsConfig, TlsMode
from natscope.relay.worker_messages import (
    ENCRYPTED,
    PLAIN,
    STREAM,
    Ask,
    Drain,
    Failed,
    FromWorker,
    Known,
    Lost,
    Numbers,
    Ready,
    Reload,
    Sample,
    Start,
    Stop,
    Told,
    ToWorker,
    pack,
    pack_config,
    read_from_worker,
    read_to_worker,
    unpack_config,
)

CONFIG = RelayConfig(
    listen=(Endpoint.parse("192.0.2.1:443"), Endpoint.parse("[2001:db8::1]:443")),
    tls=TlsConfig(mode=TlsMode.ACME, directory="/x"),
    stun=StunConfig(listen=(Endpoint.parse("0.0.0.0:3478"),)),
    workers=2,
)
START = Start(number=1, workers=2, config=pack_config(CONFIG), private=bytes(32), as_json=True, least="info")


@pytest.mark.parametrize("order", [START, Reload(), Reload(b"x"), Drain(), Stop(), Ask(3), Known(bytes(32), "::1")])
def test_orders(order: ToWorker) -> None:
    assert read_to_worker(pack(order)) == order
    assert pack(order)[:1] not in (ENCRYPTED, PLAIN, STREAM)


@pytest.mark.parametrize(
    "news",
    [Ready(), Failed("no", "yes", True), Told(3), Lost(2), Numbers(1, [Sample("a", "counter", "b", {"": 0.5})]),
     Known(bytes(range(32)), "192.0.2.1")],
)  # fmt: skip
def test_news(news: FromWorker) -> None:
    assert read_from_worker(pack(news)) == news
    with pytest.raises(msgspec.MsgspecError):
        read_from_worker(pack(news)[:-1])


def test_a_configuration() -> None:
    assert unpack_config(pack_config(CONFIG)) == CONFIG


def test_what_strangers_may_hold_is_shared_among_workers() -> None:
    limits = [share(LimitsConfig(), workers) for workers in (1, 2, 3)]
    assert [one.pending for one in limits] == [1000, 500, 334]
    assert {one.accepts_per_s for one in limits} == {float("inf")}  # counted where they come in
