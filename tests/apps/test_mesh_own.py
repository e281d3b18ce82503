"""What the mesh tells others of this node, beside a netcheck of just now."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from natscope.apps.mesh_overview import Wanted, look
from natscope.apps.mesh_own import is_of_use
from natscope.apps.mesh_status import Sight, fresh_use
from natscope.lab.stand_in import Fault, StandInMesh, StandInPeer
from natscope.lab.stand_in_daemon import StandIn
from natscope.lab.stand_in_serve import StandInHttp
from natscope.mesh.overview import Overview, ReportUse
from natscope.model.mesh_status import Way
from natscope.model.tri import Tri
from natscope.tailscaled.daemon import Daemon
from tests.cli.mesh_goldens import QuickClock
from tests.reports.scenes import load

NONE = {"UPnP": False, "PMP": False, "PCP": False, "MappingVariesByDestIP": False, "WorkingUDP": True}
NAS = StandInPeer(
    "nas", "100.64.0.9", endpoints=("198.51.100.60:33217",), way=Way.RELAYED,
    network={"MappingVariesByDestIP": False, "WorkingUDP": True, "WorkingIPv6": False},
)  # fmt: skip
MESH = StandInMesh(peers=(NAS,), network=NONE)


def seen(mesh: StandInMesh, name: str, origin: str = "fresh") -> tuple[Overview, list[str]]:
    clock = QuickClock()
    stand_in = StandIn(mesh, clock)
    use = ReportUse(report=load(name), origin=origin, age_s=0.0, same_network=Tri.YES)
    daemon = Daemon(StandInHttp(stand_in, clock), "/t.sock")
    return asyncio.run(look(daemon, Wanted(), report=use, at=clock.utc)), stand_in.asked


def test_a_mapping_that_the_program_does_not_use() -> None:
    overview, asked = seen(MESH, "mapping-proved")
    assert overview.lines[0].why.causes[0] == "NS-MAP-07"
    assert overview.lines[0].why.short == "opened port not used"
    assert asked.count("GET whois") == 2  # of the peer and of this node


def test_the_program_that_uses_it() -> None:
    overview, _ = seen(replace(MESH, network=NONE | {"PCP": True}), "mapping-proved")
    assert "NS-MAP-07" not in overview.lines[0].why.causes


def test_a_refusal_leaves_it_out() -> None:
    overview, _ = seen(replace(MESH, faults={"whois": Fault.DENIED}), "mapping-proved")
    assert "NS-MAP-07" not in overview.lines[0].why.causes


def test_where_nothing_was_granted_nothing_is_asked() -> None:
    _, asked = seen(MESH, "full-cone")
    assert asked.count("GET whois") == 1
    assert is_of_use(None)
    assert is_of_use(ReportUse(report=None, origin="kept"))


@pytest.mark.parametrize(("varies", "side"), [(True, "a new port for each peer"), (False, "one public port for all")])
def test_without_a_netcheck_the_program_s_own_word_stands_in(varies: bool, side: str) -> None:
    mesh = replace(MESH, network=NONE | {"MappingVariesByDestIP": varies, "WorkingIPv6": False})
    clock = QuickClock()
    stand_in = StandIn(mesh, clock)
    overview = asyncio.run(look(Daemon(StandInHttp(stand_in, clock), "/t.sock"), Wanted(), at=clock.utc))
    why = overview.lines[0].why
    assert why.this_side.startswith(side)
    assert why.prediction is not None
    assert why.prediction.path == ("unknown" if varies else "direct")
    assert "Of your side is missing: its netcheck (natscope netcheck)" in why.sentence
    assert stand_in.asked.count("GET whois") == 2


STALE = replace(MESH, endpoints=("198.51.100.9:41641", "192.168.1.20:41641"))


def test_an_old_public_address_beside_a_netcheck_of_just_now() -> None:
    overview, _ = seen(STALE, "full-cone")
    why = overview.lines[0].why
    assert (why.causes[0], why.short) == ("NS-CTL-02", "your node tells old addresses")
    assert "198.51.100.9" in why.sentence
    assert "203.0.113.24" in why.sentence
    assert overview.report is not None
    assert overview.report.report is not None


@pytest.mark.parametrize("origin", ["kept", "file"])
def test_an_earlier_netcheck_may_be_of_another_network(origin: str) -> None:
    overview, _ = seen(STALE, "full-cone", origin)
    assert overview.report is not None
    assert overview.report.report is None
    assert "NS-CTL-02" not in overview.lines[0].why.causes


def test_a_netcheck_grows_old_while_somebody_watches() -> None:
    class Later(QuickClock):
        def now(self) -> float:
            return 40.0

    host = cast("Any", SimpleNamespace(clock=Later()))
    inputs = cast("Any", None)
    sight = Sight(host, inputs, fresh_use(load("full-cone"), is_bound=False), opened=5.0)
    use = sight.report_now()
    assert use is not None
    assert (use.age_s, use.is_of_now) == (35.0, Tri.UNKNOWN)
    assert replace(sight, report=None).report_now() is None
    just_now = replace(sight, opened=39.0).report_now()
    assert just_now is not None
    assert just_now.is_of_now is Tri.YES
    assert fresh_use(load("full-cone"), is_bound=True).is_of_now is Tri.UNKNOWN
