"""Stories that people tell of their meshes, each as a scenario: the first screen names what it was."""

from __future__ import annotations

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports.text import render
from tests.lab.simulated import reports_of

FIRST_SCREEN = 24
"""Lines of a terminal that nobody has enlarged."""
STORIES = (
    # what people say, scenario, host, first finding, words of the first screen
    ("a proxy program takes the mesh's packets too", "tun-proxy", "alice", "NS-ENV-01", "proxy program"),
    ("the cloud's resolver is dead since the VPN runs", "cloud-resolver-dropped", "alice", "NS-HOST-02",
     "Names do not resolve: a rule of this computer drops what the name server 100.100.0.1 answers"),
    ("the carrier's gateway is dropped", "drops-shared-space", "alice", "NS-HOST-02", "100.64.0.0/10"),
    ("a relay in a container tells a bridge's address", "stun-bridged", "alice", "NS-CTL-03", "an address"),
    ("a symmetric router behind the carrier's", "cgnat-symmetric", "alice", "NS-NAT-01", "symmetric NAT"),
    ("traversal failed and no relay is near", "far-relays", "alice", "NS-NAT-01", "No relay is near"),
    ("the hotel lets nothing out but the web", "tcp-443-only", "alice", "NS-UDP-01", "drops UDP"),
    ("nobody has logged in to the hotel's network yet", "captive-portal", "alice", "NS-ENV-06", "log in first"),
    ("the VPN's port stayed dead after a reconnection", "stale-port", "alice", "NS-NAT-18", "Give the VPN another"),
    ("one peer alone never hears of us", "stuck-flow", "alice", "NS-NAT-17", "from a wrong port"),
    ("file sharing fills the router", "table-full", "alice", "NS-NAT-14", "may be full"),
    ("the line is connected again meanwhile", "changed-meanwhile", "alice", "NS-NAT-19", "Measure again"),
    ("no node knows its public address", "relays-inside", "alice", "NS-CTL-11", "inside this network"),
    ("nothing gets out since the VPN's kill switch is on", "own-rules", "alice", "NS-ENV-03", "own rules"),
    ("the printer is gone since the VPN is up", "network-shadowed", "alice", "NS-HOST-03", "same numbers"),
    ("the netcheck does not take the agent's port", "port-taken", "alice", "NS-HOST-04", "is taken"),
    ("after a full netcheck the network is dead", "taken-for-attack", "alice", "NS-UDP-08", "for an attack"),
    ("machines of a private subnet are always relayed", "cloud-gateway", "alice", "NS-NAT-01", "cloud's NAT gateway"),
    ("another VPN carries everything", "vpn-carries-all", "alice", "NS-ENV-02", "VPN"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "host", "cause", "words"), [story[1:] for story in STORIES], ids=[s[0] for s in STORIES]
)
def test_the_first_screen_names_it(name: str, host: str, cause: str, words: str) -> None:
    report = reports_of(name)[host]
    lines = render(report, RenderOptions()).splitlines()[:FIRST_SCREEN]
    screen = " ".join(" ".join(lines).split())
    assert report.findings[0].id == cause
    assert cause in screen
    assert words in screen
    assert "→" in screen, "and what to do"
