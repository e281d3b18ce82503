"""The words of other people's programs, read as claims: outputs recorded from the programs themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.interop.nat_tools import read_natdiscovery, read_pystun3, read_stun_client, read_tailscale

EI, AD, APD = "endpoint-independent", "address-dependent", "address-and-port-dependent"
STUN_CLIENT = {
    "Open\t": {"udp": "yes", "mapping": "none", "mapping_varies": "no", "filtering": EI},
    "Firewall\t": {"udp": "yes", "mapping": "none", "mapping_varies": "no"},
    "Blocked or could not reach STUN server\t": {"udp": "no"},
    "Dependent Mapping, random port, no hairpin\t": {
        "udp": "yes", "mapping_varies": "yes", "port_preservation": "no", "hairpinning": "no",
    },
    "Independent Mapping, Address Dependent Filter, preserves ports, will hairpin\t": {
        "udp": "yes", "mapping": EI, "mapping_varies": "no", "filtering": AD, "port_preservation": "yes",
        "hairpinning": "yes",
    },
}  # fmt: skip


@pytest.mark.parametrize("words", STUN_CLIENT)
def test_stun_client(words: str) -> None:
    text = f"STUN client version 0.97\nPrimary: {words}\nReturn value is 0x000014\n"
    assert read_stun_client(text) == STUN_CLIENT[words]


def test_pystun3() -> None:
    assert read_pystun3("NAT Type: Restric NAT\nExternal IP: 203.0.113.10\nExternal Port: 11443\n") == {
        "udp": "yes", "mapping": EI, "mapping_varies": "no", "filtering": AD, "public": "203.0.113.10",
    }  # fmt: skip
    assert read_pystun3("NAT Type: Blocked\nExternal IP: None\nExternal Port: None\n") == {"udp": "no"}


NATDISCOVERY = """
-= Hairpinning Behavior Discovery =-
RFC 5780 response 1
-= ALG detected! Mapped and XOR-Mapped differ! =-
0: : IPv4. UDP reflexive addr: 203.0.113.10:56683
STUN receive timeout..

-= Mapping Behavior Discovery =-
RFC 5780 response 2
NAT with Address and Port Dependent Mapping!

-= Filtering Behavior Discovery =-
NAT with Address Dependent Filtering!
"""


def test_natdiscovery() -> None:
    assert read_natdiscovery(NATDISCOVERY) == {
        "udp": "yes", "public": "203.0.113.10", "stun_alg": "yes", "mapping": APD, "filtering": AD,
        "mapping_varies": "yes", "hairpinning": "no",
    }  # fmt: skip
    open_host = NATDISCOVERY.replace("STUN receive timeout..", "Received a request (maybe a successful hairpinning)")
    assert read_natdiscovery(open_host)["hairpinning"] == "yes"
    assert read_natdiscovery("-= Hairpinning Behavior Discovery =-\nSTUN receive timeout..\n") == {}


def test_tailscale() -> None:
    text = '{"UDP":true,"IPv4":true,"IPv6":false,"MappingVariesByDestIP":null,"UPnP":false,"PreferredDERP":2,'
    text += '"GlobalV4":"203.0.113.10:4000","GlobalV6":"[2001:db8::1]:4000","CaptivePortal":null}\nlog: bye\n'
    assert read_tailscale(text) == {
        "udp": "yes", "ipv4": "works", "upnp": "no", "home": "relay2", "public": "2001:db8::1 203.0.113.10",
    }  # fmt: skip


@given(st.text())
def test_other_words_claim_nothing(text: str) -> None:
    for read in (read_stun_client, read_pystun3, read_natdiscovery, read_tailscale):
        assert isinstance(read(text), dict)
    assert read_stun_client(f"Primary: ?{text}?\n") == {} or "," in text
