"""SIGHUP with a configuration file: a relay that serves takes other settings, clients stay."""

from __future__ import annotations

import http.client
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from natscope.model.endpoint import Endpoint
from tests.relay import served
from tests.relay.derp_client import DerpClient

LIMIT_S = 10.0


def told(relay: served.Served, event: str) -> dict[str, Any]:
    relay.process.send_signal(signal.SIGHUP)
    return relay.until(event)


def page(at: Endpoint, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(str(at.ip), at.port, timeout=LIMIT_S)
    connection.request("GET", "/", headers={"Host": "relay.test", **headers})
    response = connection.getresponse()
    connection.close()
    return response.status, response.headers.get("Location", "")


def test_other_settings_while_clients_are_here(tmp_path: Path) -> None:
    file, rate = tmp_path / "derp.toml", tmp_path / "rate.json"
    file.write_text('home = "blank"\n')
    rate.write_text('{"PerClientRateLimitBytesPerSec": 1000000}')
    with served.process("--config", str(file)) as relay:
        a, b = DerpClient(relay.at), DerpClient(relay.at)
        assert page(relay.at)[0] == 200
        file.write_text(
            'home = "https://example.org/"\nlisten = [":1"]\n'
            f'[limits]\nrate_file = {json.dumps(str(rate))}\n[admission]\nurl = "http://127.0.0.1:1/verify"\n'
        )
        assert told(relay, "rate")["rate"] == 1_000_000
        assert page(relay.at) == (302, "https://example.org/")
        with pytest.raises((StopIteration, OSError)):  # nobody answers there, and that is no
            DerpClient(relay.at).next()
        file.write_text('[admission]\nurl = "http://127.0.0.1:1/verify"\nfail_open = true\n')
        assert told(relay, "rate")["rate"] == 0  # the file of rates is named no more
        c = DerpClient(relay.at)
        a.packet(b, b"all the time")
        a.packet(c, b"hello")
        assert (b.packets(1), c.packets(1)) == ([b"all the time"], [b"hello"])
        file.write_text("home =")
        assert "stay as they are" in told(relay, "settings")["words"]
        assert page(relay.at)[0] == 200
        assert relay.end() == 0
        kept = [line for line in relay.lines if line["event"] == "settings-kept"]
        assert kept == []  # --listen is a flag here: what the file says of it never counted
