"""After a run, also one that was stopped in the middle, no socket, task or thread of these probes is left."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from natscope.host.api import ResolverFacts, Stream
from natscope.host.real.host import build_real_host
from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import LoadedMap, RelayMap, RelayRegion
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.run import RunInputs, run_probes
from natscope.plugins.loader import PROBES, find
from natscope.web.client import HttpClient
from tests.probes.loopback import authority, node, serving
from tests.web.servers import LOOPBACK

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts /proc/self/fd")


class SilentServer:
    """A resolver whose only server never answers."""

    def __init__(self, at: Endpoint) -> None:
        self._at = at

    async def facts(self) -> ResolverFacts:
        return ResolverFacts((self._at,), source="test")

    async def addresses(self, name: str, family: int, *, timeout_s: float) -> list[Any]:
        return [LOOPBACK]


async def _silent(stream: Stream) -> None:
    """Until the client is gone."""
    while await stream.read(4096):
        pass


def counted() -> tuple[int, int, int]:
    """Open descriptors, other tasks, threads (the pool that loads the trust store keeps one)."""
    return len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks()), threading.active_count()


@pytest.mark.parametrize("probe", ["dns", "proxy", "relay_health"])
async def test_stopped_in_the_middle(probe: str, tmp_path: Path) -> None:
    base = build_real_host()
    issued = authority(tmp_path, base).issue("good", ["relay.test"])
    listener = await base.udp.open(4, address=LOOPBACK)
    async with serving(base, _silent) as port:
        environ = {"HTTPS_PROXY": f"http://127.0.0.1:{port}"} if probe == "proxy" else {}
        host = replace(base, environ=environ, resolver=SilentServer(listener.local))
        elsewhere = {"ipv4": "192.0.2.1"} if probe == "dns" else {}  # not asked, but no relay of this computer's own
        region = RelayRegion(region_id=1, region_code="r1", region_name="R", nodes=(node(port, issued, **elsewhere),))
        before, seen = counted(), []
        for _ in range(2):
            stop = asyncio.Event()
            asyncio.get_running_loop().call_later(0.2, stop.set)
            record = await run_probes(
                RunInputs(
                    host=host,
                    loaded_map=LoadedMap(relay_map=RelayMap(regions=(region,)), source="x", kind="file"),
                    options=NetcheckOptions(only=(probe,), https=True, families=(4,)),
                    history=History(),
                    found=find(PROBES),
                    http=lambda: HttpClient(host),
                    stop=stop,
                )
            )
            assert record.interrupted
            await asyncio.sleep(0.05)
            seen.append(counted())
        listener.close()
    assert seen[0] == seen[1]
    assert seen[1][1] == before[1]
