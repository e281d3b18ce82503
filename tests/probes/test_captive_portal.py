"""What an answer to the challenge means."""

from __future__ import annotations

import pytest

from natscope.model.relay_map import RelayMap
from natscope_probes.captive_portal import ALTERED, RIGHT, UNCLEAR, VENDOR_HOSTS, Candidate, candidates, judge
from tests.netcheck.fake_host import page
from tests.netcheck.lab import node, region

RELAY = Candidate("derp.example.org", node(1, host_name="derp.example.org"), 1)
VENDOR = Candidate(VENDOR_HOSTS[0], None, None)
RIGHT_HEADER = {"x-tailscale-response": "response ts_derp.example.org"}

ROWS = [
    ("right", RELAY, 204, RIGHT_HEADER, RIGHT),
    ("204 of a web server in front", RELAY, 204, {}, UNCLEAR),
    ("204 with another's answer", RELAY, 204, {"x-tailscale-response": "response ts_other"}, UNCLEAR),
    ("to a login page", RELAY, 302, {"location": "http://login.hotel.test/?u=1"}, ALTERED),
    ("to an address", RELAY, 302, {"location": "http://10.0.0.1/"}, ALTERED),
    ("nowhere", RELAY, 302, {}, ALTERED),
    ("to itself over HTTPS", RELAY, 301, {"location": "https://derp.example.org/generate_204"}, UNCLEAR),
    ("to itself, capitals and a dot", RELAY, 301, {"location": "https://DERP.example.org./"}, UNCLEAR),
    ("to a path", RELAY, 301, {"location": "/index.html"}, UNCLEAR),
    ("to its owner's site", RELAY, 301, {"location": "https://www.example.org/"}, UNCLEAR),
    ("to its address", RELAY, 301, {"location": "https://198.51.100.8/"}, UNCLEAR),
    ("to something that is no URL", RELAY, 301, {"location": "http://[::1"}, ALTERED),
    ("to a host with a control character", RELAY, 302, {"location": "http://x\x01y/"}, ALTERED),
    ("to a page with a control character", RELAY, 302, {"location": "http://login.test/\x1b[2J"}, ALTERED),
    ("to a port that cannot be", RELAY, 302, {"location": "http://login.test:99999999/"}, ALTERED),
    ("to a page of its own with a tab", RELAY, 302, {"location": "https://derp.example.org/a\tb"}, UNCLEAR),
    ("another page", RELAY, 200, {}, ALTERED),
    ("login required", RELAY, 511, {}, ALTERED),
    ("not found", RELAY, 404, {}, UNCLEAR),
    ("bad gateway", RELAY, 502, {}, UNCLEAR),
    ("a 204 of the vendor is no proof: it was not challenged", VENDOR, 204, {}, UNCLEAR),
    ("the vendor's page altered", VENDOR, 200, {}, ALTERED),
]


@pytest.mark.parametrize(("name", "asked", "status", "headers", "meaning"), ROWS, ids=[row[0] for row in ROWS])
def test_meaning(name: str, asked: Candidate, status: int, headers: dict[str, str], meaning: str) -> None:
    told, code, words = judge(page(status, headers), asked, ("198.51.100.8",))
    assert told == meaning
    assert bool(code) is bool(words) is (meaning != RIGHT)


def test_a_relay_given_by_address_shares_no_domain_with_others() -> None:
    asked = Candidate("192.0.2.7", node(1, host_name="192.0.2.7"), 1)
    assert judge(page(302, {"location": "http://0.2.7/"}), asked)[0] == ALTERED


def test_candidates() -> None:
    pages = {"can_port80": True}
    regions = (
        region(1),
        region(2, node_fields=pages),
        region(3, 2, node_fields=pages),
        region(4, node_fields=pages),
        region(5, node_fields=pages, avoid=True),
        region(6, node_fields=pages, no_measure_no_home=True),
    )
    made = RelayMap(regions=regions)
    assert [c.region_id for c in candidates(made, {4: 0.01, 3: 0.02}, vendor=True)] == [4, 3]
    assert [c.region_id for c in candidates(made, {}, vendor=False)] == [2, 3]
    assert candidates(RelayMap(regions=(region(1),)), {}, vendor=False) == ()
    vendor = candidates(RelayMap(regions=(region(1),)), {}, vendor=True)
    assert [c.host for c in vendor] == list(VENDOR_HOSTS)
    assert [c.challenge for c in vendor] == ["", ""]
