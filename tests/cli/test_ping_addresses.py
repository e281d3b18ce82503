"""What `natscope ping` says of the addresses that a peer tells, and that this node tells of itself."""

from __future__ import annotations

import re
from pathlib import Path

from natscope.lab.stand_in import StandInMesh, StandInPeer
from tests.cli.runner import Runner
from tests.cli.stand_in import serving

NAS = StandInPeer("nas", "100.64.0.9", endpoints=("198.51.100.60:33217", "192.168.178.4:41641"))


def test_what_is_not_there_cannot_keep_silent(natscope: Runner, tmp_path: Path) -> None:
    bare, private = StandInPeer("bare", "100.64.0.5"), StandInPeer("flat", "100.64.0.6", endpoints=("192.168.9.5:1",))
    with serving(StandInMesh(peers=(bare, private)), tmp_path) as daemon:
        none, only = (
            natscope("ping", name, "--socket", daemon.socket, "-i", "0.1", "-c", "3").out for name in ("bare", "flat")
        )
    assert "; it tells no address\n" in none
    assert "bare tells no address, so nobody can send to it" in none
    assert "no answer" not in none
    assert none.count("it tells no such address") == 3
    assert "flat tells private addresses only, so nobody outside its network" in " ".join(only.split())
    assert "192.168.9.5:1   no answer" in only


def test_a_possible_cause_may_be_on_a_side(natscope: Runner, tmp_path: Path) -> None:
    ends = ("198.51.100.13:42085", "198.51.100.13:41641", "192.168.13.2:41641")
    with serving(StandInMesh(endpoints=ends, peers=(NAS,)), tmp_path) as daemon:
        told = " ".join(natscope("ping", "nas", "--socket", daemon.socket, "-i", "0.1", "-c", "3").out.split())
    assert re.search(r"! Relayed: no direct path in .* The cause may be on your side\.", told)
    assert "This node tells 2 ports of one public address, 198.51.100.13: perhaps its router" in told
    assert "possible · NS-NAT-01" in told
