"""The upload beside trains: all answers or no number; bounded; nothing where the map names no relay."""

from __future__ import annotations

import pytest

from natscope.model.observation import Observation, Outcome
from natscope_probes._tcp_upload import LEAST_BYTES, MOST_BYTES, REQUEST_BYTES
from tests.probes.simulated import probed, scenario

ONLY = ("relay_stun", "interfaces", "nat_servers", "udp_rate")


def upload(text: str) -> Observation | None:
    report = probed(scenario(text), *ONLY, limit_s=40.0)
    return next((o for o in report.observations if o.kind == "tcp.upload"), None)


@pytest.mark.parametrize(("mbit", "least"), [(0.1, LEAST_BYTES), (0.6, 140_000), (3.0, 140_000)])
def test_as_many_bytes_as_the_limit_needs(mbit: float, least: int) -> None:
    found = upload(f"[sites.home]\nlink = {{ udp_limit_mbit = {mbit} }}\n")
    assert found is not None
    assert found.outcome is Outcome.ANSWERED
    assert least <= found.data["bytes"] <= MOST_BYTES
    assert found.data["bytes"] == found.data["requests"] * REQUEST_BYTES
    assert found.data["answers"] == found.data["requests"]


def closed(how: str) -> str:
    relays = "".join(f"[relays.relay{n}]\n{how}\n" for n in (1, 2, 3))
    return f"{relays}[sites.home]\nlink = {{ udp_limit_mbit = 0.6 }}\n"


@pytest.mark.parametrize(
    ("how", "outcome"),
    [('tcp = "closed"', Outcome.REFUSED), ('certificate = "expired"', Outcome.REFUSED)],
)
def test_a_relay_without_tcp_gives_no_number(how: str, outcome: Outcome) -> None:
    found = upload(closed(how))
    assert found is not None
    assert found.outcome is outcome
    assert found.error
    assert "upload_ms" not in found.data
