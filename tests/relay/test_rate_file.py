"""Upstream's file of rate limits: its forms, what is wrong with it, and a reload that reaches who is connected."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from natscope.errors import UserError
from natscope.machines.derp.settings import RateLimit
from natscope.model.endpoint import Endpoint
from natscope.relay.config import LimitsConfig, RelayConfig
from natscope.relay.rate_file import parse_rate, read_rate_file
from tests.relay import served
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import wait_for


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        (b'{"PerClientRateLimitBytesPerSec": 1000000, "PerClientRateBurstBytes": 2000000}', (1_000_000, 2_000_000)),
        (b'{"perclientratelimitbytespersec": 5, "Other": []}', (5, 0)),
        (b'{"PerClientRateLimitBytesPerSec": 0, "PerClientRateBurstBytes": 9}', (0, 0)),
        (b'{"PerClientRateLimitBytesPerSec": null}', (0, 0)),
        (b"{}", (0, 0)),
        (b'{"PerClientRateLimitBytesPerSec": 18446744073709551615}', (18446744073709551615, 0)),
    ],
)
def test_forms(text: bytes, rate: tuple[int, int]) -> None:
    assert parse_rate(text, "f") == RateLimit(bytes_per_second=rate[0], burst_bytes=rate[1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"PerClientRateLimitBytesPerSec": -1}', "no number of bytes"),
        (b'{"PerClientRateLimitBytesPerSec": 1.5}', "no number of bytes"),
        (b'{"PerClientRateLimitBytesPerSec": "1"}', "no number of bytes"),
        (b'{"PerClientRateLimitBytesPerSec": true}', "no number of bytes"),
        (b'{"PerClientRateLimitBytesPerSec": 18446744073709551616}', "no number of bytes"),
        (b'{"PerClientRateLimitBytesPerSec": 1, "PerClientRateBurstBytes": []}', "no number of bytes"),
    ],
)
def test_what_is_wrong_is_said(text: bytes, words: str) -> None:
    with pytest.raises(UserError, match=words):
        parse_rate(text, "f")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_rate_file(str(tmp_path / "none"))
    (tmp_path / "long").write_bytes(b" " * 100_000)
    with pytest.raises(UserError, match="too long"):
        read_rate_file(str(tmp_path / "long"))


def test_a_reload_reaches_who_is_connected_and_a_wrong_file_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rate.json"
    path.write_text("{}")
    limits = LimitsConfig(rate_file=str(path))
    with served.in_thread(RelayConfig(listen=(Endpoint.parse("127.0.0.1:0"),), drain_s=0.0, limits=limits)) as running:
        relay = running.service.front.relay
        a, b = (DerpClient(running.ready.listen[0]) for _ in range(2))
        path.write_text('{"PerClientRateLimitBytesPerSec": 1000000}')
        running.service.reload()
        wait_for(lambda: relay.settings.rate.bytes_per_second == 1_000_000)
        path.write_text("nonsense")
        running.service.reload()
        began = time.monotonic()
        a.packet(b, *[bytes(1000)] * 400)
        assert len(b.packets(400)) == 400
        assert time.monotonic() - began > 0.2  # 400,000 bytes, of which 65,568 pass at once
        assert relay.settings.rate.bytes_per_second == 1_000_000
        a.close()
        b.close()
