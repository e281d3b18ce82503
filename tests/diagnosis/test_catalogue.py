"""The catalogue is the folder: ids from file names, nothing registered, nothing imported before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from natscope.diagnosis.catalogue import Entry, entries, find
from natscope.errors import UserError
from natscope.model.finding import Severity
from tests.diagnosis.pair.meanings import PAIR_MEANINGS, PAIR_SCENES
from tests.reports.scenes import names

MODULES = [entry.load() for entry in entries()]
IDS = [entry.id for entry in entries()]

MEANINGS = {
    "NS-CTL-03": "not yours; it was not believed",
    "NS-CTL-04": "eats the upgrade",
    "NS-CTL-06": "clock is wrong",
    "NS-CTL-09": "wrong answers",
    "NS-CTL-10": "of no use",
    "NS-CTL-11": "in this network",
    "NS-ENV-01": "proxy program",
    "NS-ENV-02": "Another VPN carries",
    "NS-ENV-03": "own rules keep UDP in",
    "NS-ENV-04": "HTTP proxy",
    "NS-ENV-05": "opens TLS",
    "NS-ENV-06": "captive portal",
    "NS-ENV-07": "interface that leads nowhere",
    "NS-ENV-08": "rp_filter",
    "NS-ENV-09": "container's own network",
    "NS-ENV-10": "cloud's own firewall",
    "NS-ENV-11": "cloud's NAT gateway",
    "NS-HOST-01": "own firewall drops",
    "NS-HOST-02": "drops 100.64.0.0/10",
    "NS-HOST-03": "goes into a tunnel",
    "NS-HOST-04": "is taken",
    "NS-HOST-05": "security suite",
    "NS-LAN-03": "Multicast",
    "NS-MAP-01": "opens no port",
    "NS-MAP-02": "nothing comes in by it",
    "NS-MAP-03": "own table says something else",
    "NS-MAP-04": "refuses to open a port",
    "NS-MAP-05": "restarted during this run",
    "NS-MAP-06": "another address than the gateway",
    "NS-NAT-01": "symmetric NAT",
    "NS-NAT-03": "one after the other",
    "NS-NAT-04": "address-dependent mapping",
    "NS-NAT-05": "pfSense or OPNsense",
    "NS-NAT-06": "company's firewall",
    "NS-NAT-07": "CGNAT",
    "NS-NAT-08": "double NAT",
    "NS-NAT-09": "several public addresses",
    "NS-NAT-10": "does not turn packets round",
    "NS-NAT-11": "one public port to two devices",
    "NS-NAT-12": "sooner than keep-alives",
    "NS-NAT-13": "fixed age",
    "NS-NAT-14": "table of connections may be full",
    "NS-NAT-16": "addresses inside packets",
    "NS-NAT-17": "is stuck",
    "NS-NAT-18": "to one local port get lost",
    "NS-NAT-19": "changed while natscope was measuring",
    "NS-PERF-01": "black hole",
    "NS-PERF-03": "bufferbloat",
    "NS-REL-01": "certificate",
    "NS-REL-02": "STUN port",
    "NS-REL-04": "plain HTTP",
    "NS-REL-06": "map has errors",
    "NS-REL-07": "single region",
    "NS-REL-08": "home relay is not the best",
    "NS-REL-09": "moves to and fro",
    "NS-REL-11": "name is filtered",
    "NS-REL-14": "one of its families",
    "NS-REL-15": "No relay answers",
    "NS-REL-16": "takes no relay connections",
    "NS-REL-17": "No relay is near",
    "NS-UDP-01": "drops UDP",
    "NS-UDP-02": "STUN's is not among them",
    "NS-UDP-03": "filters STUN",
    "NS-UDP-04": "looks like WireGuard",
    "NS-UDP-05": "UDP is throttled",
    "NS-UDP-07": "Fragments are dropped",
    "NS-UDP-08": "for an attack",
    "NS-V6-01": "no IPv6",
    "NS-V6-02": "nothing comes back over IPv6",
    "NS-V6-03": "IPv6 firewall forgets",
    "NS-V6-04": "drops UDP over IPv6",
    "NS-V6-05": "NAT66",
    "NS-V6-06": "NAT64",
    "NS-V6-07": "IPv6 is longer",
}


def test_the_ids_keep_their_meaning() -> None:
    meanings = MEANINGS | PAIR_MEANINGS
    assert set(IDS) == set(meanings)
    assert all(meanings[module.CAUSE.id] in module.CAUSE.title for module in MODULES)


@pytest.mark.parametrize("entry", entries(), ids=IDS)
def test_a_file_is_named_by_its_id(entry: Entry) -> None:
    assert entry.load().CAUSE.id == entry.id


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_a_cause_is_whole(module: object) -> None:
    cause = module.CAUSE  # type: ignore[attr-defined]
    assert cause.sides in (1, 2)
    assert cause.who_can_fix
    assert cause.title.endswith(".")
    assert set(cause.hidden_by + cause.refines) <= set(IDS) - {cause.id}
    assert cause.fires, "which stored report shows it?"
    assert cause.silent, "which stored report must not?"
    assert set(cause.fires + cause.silent) <= set(names() if cause.sides == 1 else PAIR_SCENES)
    assert not set(cause.fires) & set(cause.silent)


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_fixes_are_orders_and_the_cheapest_stands_first(module: object) -> None:
    cause = module.CAUSE  # type: ignore[attr-defined]
    efforts = [fix.effort for fix in cause.fixes]
    assert efforts == sorted(efforts)
    assert all(effort in ("E1", "E2", "E3", "E4", "E5") for effort in efforts)
    assert all(fix.do[0].isupper() and fix.do.endswith(".") and fix.who in cause.who_can_fix for fix in cause.fixes)
    assert all(fix.verify.startswith("natscope ") for fix in cause.fixes)
    assert cause.fixes or cause.severity is Severity.INFO


def test_find() -> None:
    assert find("ns-udp-01").id == find("UDP-01").id == find("NS-UDP-01").id == "NS-UDP-01"
    with pytest.raises(UserError, match="no cause 'NS-UDP-99'"):
        find("NS-UDP-99")


def test_listing_imports_no_cause() -> None:
    code = (
        "import sys; from natscope.diagnosis.catalogue import entries; assert entries();"
        "print([m for m in sys.modules if m.startswith('natscope.diagnosis.causes.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
