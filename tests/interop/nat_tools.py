"""Programs of others that name a NAT: how each is called, and what its words claim in the terms of a scenario's truth.

`CLAIMS` of `natscope.lab.scenario_truth.HostTruth` that a program does not speak of are not in what `read` returns.
A program gets what its user would give it: the name of a server, nothing about the network.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from natscope.model.nat import Filtering
from natscope.model.nat import Mapping as NatMapping

Claims = dict[str, str]
EI, AD, APD = (str(f) for f in (Filtering.ENDPOINT_INDEPENDENT, Filtering.ADDRESS_DEPENDENT,
                                Filtering.ADDRESS_AND_PORT_DEPENDENT))  # fmt: skip
NO_NAT = str(NatMapping.NONE)
_ONE_FOR_ALL: Claims = {"mapping": EI, "mapping_varies": "no"}
_NOT_TRANSLATED: Claims = {"mapping": NO_NAT, "mapping_varies": "no"}


@dataclass(frozen=True, slots=True)
class Tool:
    """`argv` makes the command from the server's address; `read` turns what it printed into claims.

    `home` says where it comes from; `patience_s` is after how long it is ended.
    """

    name: str
    home: str
    argv: Callable[[str], Sequence[str]]
    read: Callable[[str], Claims]
    patience_s: float = 40.0


def read_stun_client(text: str) -> Claims:
    """One line such as `Primary: Independent Mapping, Port Dependent Filter, preserves ports, no hairpin`."""
    found = re.search(r"^Primary: (.*)$", text, re.MULTILINE)
    words = [word.strip() for word in found[1].split(",")] if found else []
    claims: Claims = {}
    for word in words:
        claims |= _STUN_CLIENT.get(word, {})
    return claims


_STUN_CLIENT: Mapping[str, Claims] = {
    "Open": {"udp": "yes", **_NOT_TRANSLATED, "filtering": EI},
    "Firewall": {"udp": "yes", **_NOT_TRANSLATED},
    "Blocked or could not reach STUN server": {"udp": "no"},
    "Independent Mapping": {"udp": "yes", **_ONE_FOR_ALL},
    "Dependent Mapping": {"udp": "yes", "mapping_varies": "yes"},
    "Independent Filter": {"filtering": EI},
    "Address Dependent Filter": {"filtering": AD},
    "Port Dependent Filter": {"filtering": APD},
    "preserves ports": {"port_preservation": "yes"},
    "random port": {"port_preservation": "no"},
    "no hairpin": {"hairpinning": "no"},
    "will hairpin": {"hairpinning": "yes"},
}


def read_pystun3(text: str) -> Claims:
    """`NAT Type: …` in words of RFC 3489, and the public address where it has one."""
    kind, address = (
        re.search(r"^NAT Type: (.*)$", text, re.MULTILINE),
        re.search(r"^External IP: ([\d.]+)$", text, re.M),
    )
    claims = dict(_PYSTUN3.get(kind[1], {})) if kind else {}
    return claims | ({"public": address[1]} if address else {})


_PYSTUN3: Mapping[str, Claims] = {
    "Open Internet": {"udp": "yes", **_NOT_TRANSLATED, "filtering": EI},
    "Symmetric UDP Firewall": {"udp": "yes", **_NOT_TRANSLATED},
    "Full Cone": {"udp": "yes", **_ONE_FOR_ALL, "filtering": EI},
    "Restric NAT": {"udp": "yes", **_ONE_FOR_ALL, "filtering": AD},
    "Restric Port NAT": {"udp": "yes", **_ONE_FOR_ALL, "filtering": APD},
    "Symmetric NAT": {"udp": "yes", "mapping_varies": "yes"},
    "Blocked": {"udp": "no"},
}


def read_natdiscovery(text: str) -> Claims:
    """Paragraphs of `turnutils_natdiscovery -m -f -H`; without any answer it says nothing."""
    claims: Claims = {}
    addresses = sorted(set(re.findall(r"UDP reflexive addr: ([\d.]+):\d+", text)))
    if addresses:
        claims |= {"udp": "yes", "public": " ".join(addresses)}
    if "ALG detected" in text:
        claims["stun_alg"] = "yes"
    elif "No ALG" in text:
        claims["stun_alg"] = "no"
    claims |= _words(text, "Mapping", "mapping") | _words(text, "Filtering", "filtering")
    if "mapping" in claims:
        claims["mapping_varies"] = "no" if claims["mapping"] == EI else "yes"
    if "No NAT!" in text:
        claims["mapping"] = NO_NAT
    hairpin = re.search(r"Hairpinning Behavior Discovery(.*?)(-= Mapping|\Z)", text, re.DOTALL)
    if hairpin and "RFC 5780 response" in hairpin[1]:
        claims["hairpinning"] = "yes" if "successful hairpinning" in hairpin[1] else "no"
    return claims


def _words(text: str, what: str, claim: str) -> Claims:
    found = re.search(rf"NAT with ([A-Za-z ]+) {what}!", text)
    names = {"Endpoint Independent": EI, "Address Dependent": AD, "Address and Port Dependent": APD}
    return {claim: names[found[1]]} if found and found[1] in names else {}


def read_tailscale(text: str) -> Claims:
    """`tailscale netcheck --format=json`; log lines may follow the value. `null` and empty texts tell nothing."""
    try:
        report, _ = json.JSONDecoder().raw_decode(text[text.index("{") :])
    except ValueError:
        return {}
    claims: Claims = {}
    for field, claim in _TAILSCALE.items():
        if isinstance(report.get(field), bool):
            claims[claim] = "yes" if report[field] else "no"
    claims["ipv4"], claims["ipv6"] = ("works" if report.get(f"IPv{n}") else "" for n in (4, 6))
    if report.get("PreferredDERP"):
        claims["home"] = f"relay{report['PreferredDERP']}"
    seen = [str(report[key]).rpartition(":")[0].strip("[]") for key in ("GlobalV4", "GlobalV6") if report.get(key)]
    if seen:
        claims["public"] = " ".join(sorted(seen))
    return {claim: said for claim, said in claims.items() if said}


_TAILSCALE = {
    "UDP": "udp", "MappingVariesByDestIP": "mapping_varies", "CaptivePortal": "captive_portal", "UPnP": "upnp",
    "PMP": "nat_pmp", "PCP": "pcp",
}  # fmt: skip

PYSTUN3 = str(Path(sys.executable).with_name("pystun3"))
TOOLS = (
    Tool("stun-client", "Debian stun-client 0.97", lambda server: ("stun", server), read_stun_client),
    Tool("pystun3", "PyPI pystun3 2.0.0", lambda server: (PYSTUN3, "-H", server, "-P", "3478"), read_pystun3),
    Tool(
        "natdiscovery", "Debian coturn 4.6.1, turnutils_natdiscovery",
        lambda server: ("turnutils_natdiscovery", "-m", "-f", "-H", server), read_natdiscovery,
    ),
)  # fmt: skip
"""Those that ask one STUN server; `tailscale netcheck` needs a map besides (`tests/interop/local_api.py`)."""
