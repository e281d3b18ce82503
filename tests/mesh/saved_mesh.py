"""The saved mesh of `fixtures/mesh/symmetric-nat/`: what somebody behind a symmetric NAT would send to support.

`python -m tests.mesh.saved_mesh` writes it again. The network is the scenario `pair-cone-symmetric` as its host bob
sees it: `netcheck.json` is a netcheck of bob in the simulator, `status.json` what a tailscaled there tells, by the
stand-in: alice (the scenario's other host) is relayed as the scenario's truth says, and three more peers are as in most
meshes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.lab.stand_in import StandInPeer
from natscope.lab.stand_in_daemon import StandIn
from natscope.lab.stand_in_scenario import mesh_of
from natscope.model.mesh_status import Way

FOLDER = Path(__file__).parents[2] / "fixtures" / "mesh" / "symmetric-nat"
SCENARIO, HOST = "pair-cone-symmetric", "bob"
AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Clock:
    """Stands still."""

    def now(self) -> float:
        return 0.0

    def utc(self) -> datetime:
        return AT

    async def sleep(self, seconds: float) -> None:
        raise AssertionError


def status() -> bytes:
    """`tailscale status --json` of bob."""
    mesh = mesh_of(load_scenario(SCENARIO), HOST)
    alice = replace(
        mesh.peers[0], way=Way.RELAYED, bytes_in=48_211, bytes_out=51_904, handshake=AT - timedelta(seconds=41)
    )
    others = (
        StandInPeer("vps", "100.64.0.7", direct="192.0.2.80:41641", way=Way.DIRECT, bytes_in=9_120_344, bytes_out=1),
        StandInPeer("phone", "100.64.0.5", os="android"),
        StandInPeer("lab-pi", "100.64.0.8", online=False, last_seen=AT - timedelta(days=3)),
    )
    body = StandIn(replace(mesh, peers=(alice, *others)), Clock()).answer("GET", "/localapi/v0/status", {}).body
    return json.dumps(json.loads(body), indent=2).encode() + b"\n"


def netcheck() -> bytes:
    """`natscope netcheck --json` of bob."""
    report = sim_reports(load_scenario(SCENARIO))[HOST]
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "status.json").write_bytes(status())
    (FOLDER / "netcheck.json").write_bytes(netcheck())


if __name__ == "__main__":
    main()
