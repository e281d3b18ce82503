"""Name servers in the text: silent while all is well, one line a server otherwise."""

from __future__ import annotations

import msgspec

from natscope.model.report_dns import DnsReport, NameServerReport, NameServerState
from natscope.model.tri import Tri
from natscope_reports._text import names
from tests.reports.drawing import lines, scene


def test_trouble_is_told_with_each_server() -> None:
    assert lines(names.draw, scene("names-invented")) == [
        "Name servers",
        "  answers  192.168.1.1              4.0 ms",
        "  ! names that do not exist get an address",
    ]
    silent = lines(names.draw, scene("name-server-silent"))
    assert silent[1] == "  silent   192.168.1.1              no answer to 12 packets"


def test_a_sound_server_is_shown_with_v_only() -> None:
    sound = DnsReport(
        state=NameServerState.ANSWERS,
        servers=(
            NameServerReport(address="127.0.0.53:53", state=NameServerState.ANSWERS, latency_ms=0.3),
            NameServerReport(
                address="[2001:db8::53]:53", state=NameServerState.ANSWERS, latency_ms=4.0, behind_stub=True
            ),
        ),
        search=("corp.example",),
        magic_dns=Tri.YES,
    )
    report = msgspec.structs.replace(scene("healthy"), dns=sound)
    assert lines(names.draw, report) == []
    assert lines(names.draw, report, verbosity=1) == [
        "Name servers",
        "  answers  127.0.0.53               0.3 ms",
        "  answers  2001:db8::53             4.0 ms, asked by a local stub",
        "  search   corp.example",
        "  mesh VPN 100.100.100.100          answers",
    ]


def test_nothing_known_draws_nothing() -> None:
    assert lines(names.draw, msgspec.structs.replace(scene("healthy"), dns=None), verbosity=1) == []


def test_a_system_that_does_not_use_its_servers() -> None:
    sound = (NameServerReport(address="192.0.2.53:53", state=NameServerState.ANSWERS, latency_ms=4.0),)
    dns = DnsReport(state=NameServerState.ANSWERS, servers=sound, system=Tri.NO)
    drawn = lines(names.draw, msgspec.structs.replace(scene("healthy"), dns=dns))
    assert " ".join(" ".join(drawn[2:]).split()).startswith("! look-ups by the system fail")
