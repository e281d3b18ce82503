"""Scenarios drawn as trees and as SVG."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from natscope.lab.library import all_scenarios, load_scenario
from natscope.lab.picture import draw_svg, draw_tree, tree
from natscope.lab.scenario import Scenario
from natscope.lab.scenario_values import read_scenario

SVG = "{http://www.w3.org/2000/svg}"


def test_a_tree() -> None:
    lines = draw_tree(load_scenario("cgnat-behind-home")).splitlines()[3:]
    assert lines == [
        "internet",
        "├─ relay1  192.0.2.101  20 ms there and back",
        "├─ relay2  192.0.2.102  40 ms there and back",
        "├─ relay3  192.0.2.103  60 ms there and back",
        "└─ provider  [cgnat]  203.0.113.10  over 100.64.0.0/10",
        "   └─ home  [port-restricted]  100.64.0.10  over 192.168.1.0/24",
        "      └─ alice  192.168.1.10",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("captive-portal", "lets out UDP 53, pings  login page: redirect"),
        ("mapping-all", "opens ports by nat-pmp, pcp, upnp"),
        ("mapping-pcp-refused", "opens ports by pcp (refused)"),
        ("everything-blocked", "lets out nothing"),
        ("two-default-routes", "(second choice)"),
        ("unpaired-pool", "203.0.113.10 203.0.113.11 and 6 more"),
        ("linux-masquerade", "[kernel masquerade]"),
        ("mtu-black-hole", "MTU 1280, silently"),
        ("loss-5", "5% lost"),
        ("udp-policed", "UDP at most 0.6 Mbit/s"),
        ("udp-policed-packets", "UDP at most 150 packets/s"),
        ("udp-policed-back", "UDP in at most 0.6 Mbit/s"),
        ("stale-port", "UDP in to port 41641 lost"),
        ("stuck-flow", "a stuck row towards bob"),
        ("table-full", "keeps 15 UDP flows"),
        ("company-firewall", "hardware 00:09:0f"),
        ("cloud-resolver-dropped", "answers look-ups"),
        ("slow-line", "1 Mbit/s"),
        ("reordering", "30% overtaken"),
        ("broken-dual-stack", "IPv6 broken"),
        ("ipv6-udp-dropped", "lets out TCP, pings over IPv6"),
        ("ipv6-translated", "IPv6 nat66 fd00:db8:0:1::/64"),
        ("ipv6-slower", "IPv6 90 ms there and back"),
        ("relay-name-filtered", "resets TLS to relay3.test"),
        ("dns-hangs", "name server: hang"),
        ("clock-skew", "clock wrong by"),
        ("relay-off", "UDP silent  TCP silent"),
        ("relay-expired", "certificate expired"),
        ("relay-port80-redirects", "port 80: redirect"),
        ("stun-lies", "lies about addresses"),
        ("relays-inside", "relay1  192.168.1.11"),
        ("cloud-machine", "firmware: Amazon EC2"),
        ("own-rules", "own rules: no-udp"),
        ("port-taken", "UDP port 41641 is taken"),
        ("network-shadowed", "takes 192.168.1.0/24"),
        ("taken-for-attack", "shuts out who calls it for 60 s"),
        ("asymmetric-latency", "65 ms there and back"),
    ],
)
def test_what_is_special_is_said(name: str, words: str) -> None:
    assert words in draw_tree(load_scenario(name))


def test_ascii_is_ascii() -> None:
    assert draw_tree(load_scenario("two-default-routes"), ascii_only=True).isascii()


@pytest.mark.parametrize("scenario", all_scenarios(), ids=lambda s: s.name)
def test_every_picture_is_well_formed_and_shows_everybody(scenario: Scenario) -> None:
    root = ElementTree.fromstring(draw_svg(scenario))
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert [text.split("  ")[0] for text in texts[1:]] == [leaf.name for leaf in tree(scenario)]
    width = float(root.attrib["width"])
    for box in root.iter(f"{SVG}rect"):
        if "x" in box.attrib:
            assert float(box.attrib["x"]) + float(box.attrib["width"]) <= width


def test_hostile_titles_are_text() -> None:
    scenario = read_scenario("x", 'title = "<script>\\u001b[2J"\n[hosts.a]\n')
    assert "<script>" not in draw_svg(scenario)
    assert "\x1b" not in draw_svg(scenario) + draw_tree(scenario)
