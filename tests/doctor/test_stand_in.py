"""The doctor and a stand-in for a tailscaled on a real socket: its states, its warnings, what it does wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from natscope.doctor import gather_daemon
from natscope.doctor.catalogue import chosen_checks, judge_all
from natscope.doctor.facts import Contact, DaemonFacts, DoctorFacts
from natscope.doctor.gather_daemon import ask_daemon
from natscope.host.real.host import build_real_host
from natscope.lab.stand_in import Fault, StandInMesh
from natscope.lab.stand_in_daemon import StandIn
from natscope.lab.stand_in_serve import StandInServer
from natscope.model.doctor import CheckResult, CheckState
from natscope.web.client import HttpClient
from tests.doctor.made import WELL, change

OK, WARN, FAIL, SKIP = CheckState.OK, CheckState.WARN, CheckState.FAIL, CheckState.SKIP


async def facts_of(mesh: StandInMesh, tmp_path: Path) -> DaemonFacts:
    host = build_real_host()
    async with StandInServer(StandIn(mesh, host.clock), str(tmp_path / "t.sock")):
        return await ask_daemon(host, HttpClient(host), str(tmp_path / "t.sock"))


async def look(mesh: StandInMesh, tmp_path: Path) -> dict[str, CheckResult]:
    facts: DoctorFacts = change(WELL, daemon=await facts_of(mesh, tmp_path), now=datetime.now(UTC))
    return {result.name: result for result in judge_all(facts, chosen_checks(["tailscaled"], online=False))}


async def test_one_that_runs(tmp_path: Path) -> None:
    found = await look(StandInMesh(), tmp_path)
    assert (found["tailscaled"].state, found["state"].state, found["health"].state) == (OK, OK, OK)
    assert found["ip-forwarding"].state is SKIP
    assert [name for name, result in found.items() if result.state is FAIL] == []


@pytest.mark.parametrize(
    ("mesh", "check", "state", "words"),
    [
        (StandInMesh(state="NeedsLogin"), "state", FAIL, "is logged out"),
        (StandInMesh(state="Stopped"), "state", WARN, "is stopped"),
        (StandInMesh(state="NeedsMachineAuth"), "state", FAIL, "waits for approval"),
        (StandInMesh(state="Starting"), "state", WARN, "starting"),
        (StandInMesh(state="Fnord"), "state", FAIL, "Fnord"),
        (StandInMesh(health=("The network is down.",)), "health", FAIL, "1 thing"),
        (StandInMesh(prefs={"ShieldsUp": True}), "shields-up", WARN, "lets nobody in"),
        (StandInMesh(prefs={"AdvertiseRoutes": ["10.0.0.0/8"]}), "ip-forwarding", OK, "10.0.0.0/8"),
        (StandInMesh(prefs={"OperatorUser": "ana"}), "rights", OK, "ana is the operator"),
        (StandInMesh(faults={"prefs": Fault.DENIED}), "shields-up", SKIP, "does not allow this to you"),
        (StandInMesh(faults={"prefs": Fault.HTML}), "rights", SKIP, "JSON"),
        (StandInMesh(without=frozenset({"TUN"})), "tunnel", SKIP, "does not tell"),
        (StandInMesh(more={"ClientVersion": {"LatestVersion": "1.104.0"}}), "version", WARN, "there is 1.104.0"),
    ],
)
async def test_a_state(tmp_path: Path, mesh: StandInMesh, check: str, state: CheckState, words: str) -> None:
    result = (await look(mesh, tmp_path))[check]
    assert (result.state, words in result.says) == (state, True), result


@pytest.mark.parametrize(("days", "state"), [(-1, FAIL), (3, WARN), (13.9, WARN), (14.1, OK), (90, OK)])
async def test_a_key_that_ends(tmp_path: Path, days: float, state: CheckState) -> None:
    ends = (datetime.now(UTC) + timedelta(days=days)).isoformat().replace("+00:00", "Z")
    mesh = StandInMesh(more={"Self": {"HostName": "laptop", "KeyExpiry": ends}})
    assert (await look(mesh, tmp_path))["key-expiry"].state is state


@pytest.mark.parametrize(
    ("fault", "contact"),
    [
        (Fault.DENIED, Contact.DENIED),
        (Fault.MISSING, Contact.ODD),
        (Fault.BROKEN, Contact.ODD),
        (Fault.HTML, Contact.ODD),
        (Fault.HALF, Contact.ODD),
        (Fault.ENDLESS, Contact.ODD),
        (Fault.SILENT, Contact.SILENT),
        (Fault.GARBAGE, Contact.ODD),
    ],
)
async def test_everything_it_can_do_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault, contact: Contact
) -> None:
    monkeypatch.setattr(gather_daemon, "LIMIT_S", 1.0)
    facts = await facts_of(StandInMesh(faults={"status": fault}), tmp_path)
    assert facts.contact is contact, facts
    assert facts.reason
    assert facts.status is None
