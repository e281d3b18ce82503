"""The work of a list grows with the number of peers and no faster: counted in calls, not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import pytest

from natscope.host.real.host import build_real_host
from natscope.lab.stand_in import StandInMesh, many_peers
from natscope.lab.stand_in_daemon import StandIn
from natscope.model.mesh_status import Way
from tests.cli.runner import Runner
from tests.cli.test_startup import loaded_by
from tests.wire.local_api.recorded import FOLDER

FEW, MANY = 200, 600
CALLS_A_PEER = 200
"""100 to 175 when this was written (docs/performance.md has the seconds)."""


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """Calls of Python functions of ours."""
    calls = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(note)
    try:
        yield lambda: calls
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("way", [Way.IDLE, Way.RELAYED, Way.DIRECT])
def test_calls_grow_with_the_peers(natscope: Runner, tmp_path: Path, way: Way) -> None:
    spent = {}
    for count in (FEW, FEW, MANY):  # the first run imports
        peers = tuple(replace(peer, way=way, direct="203.0.113.1:41641") for peer in many_peers(count))
        body = StandIn(StandInMesh(peers=peers), build_real_host().clock).answer("GET", "/localapi/v0/status", {}).body
        file = tmp_path / f"{count}.json"
        file.write_bytes(body)
        with counted() as calls:
            assert natscope("status", "--from", str(file)).code == 0
        spent[count] = calls()
    assert (spent[MANY] - spent[FEW]) / (MANY - FEW) < CALLS_A_PEER


def test_a_saved_status_imports_nothing_of_the_network() -> None:
    loaded = loaded_by("status", "--from", str(FOLDER / "status-active.json"))
    heavy = {"h11", "httpx", "httpcore", "aiodns", "dns", "rich", "yaml", "cryptography", "jinja2", "platformdirs"}
    assert loaded & heavy == set()
    assert {
        name for name in loaded if name.startswith(("natscope_probes", "natscope_reports", "natscope.sim"))
    } == set()
