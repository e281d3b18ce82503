"""Networks for the cross product: every mapping, filtering and way to pick ports, and what stands beside NATs."""

from __future__ import annotations

import itertools

MAPPINGS = ("endpoint-independent", "address-dependent", "port-dependent", "address-and-port-dependent")
FILTERINGS = ("endpoint-independent", "address-dependent", "address-and-port-dependent")
PORTS = ("preserving", "sequential", "random")
_HOST = '[netcheck]\nhairpin = false\n[hosts.alice]\nat = "home"\n'
_TRUTH = '[truth.alice]\nudp = "yes"\nipv4 = "works"\nipv6 = "absent"\n'


def _site(*lines: str) -> str:
    return "\n".join(('title = "x"', _HOST, "[sites.home]", *lines, ""))


def _nat(mapping: str, filtering: str, ports: str, **more: str) -> str:
    rest = "".join(f", {key} = {value}" for key, value in more.items())
    return f'nat = {{ mapping = "{mapping}", filtering = "{filtering}", ports = "{ports}"{rest} }}'


def behaviours(*, every: bool = True) -> dict[str, str]:
    """Texts of scenarios by a short name. Without `every`, ports vary only where not every port is let in."""
    found = {}
    for mapping, filtering, ports in itertools.product(MAPPINGS, FILTERINGS, PORTS):
        if not every and filtering != FILTERINGS[2] and ports != PORTS[2]:
            continue
        short = "/".join("".join(word[0] for word in text.split("-")) for text in (mapping, filtering))
        found[f"{short}/{ports}"] = _site(_nat(mapping, filtering, ports))
    hard, usual = (_nat(mapping, FILTERINGS[2], PORTS[2]) for mapping in (MAPPINGS[3], MAPPINGS[0]))
    opened = f'{_TRUTH}pcp = "proved"\n'
    return found | {
        "public": 'title = "x"\n[netcheck]\nhairpin = false\n[hosts.alice]\nipv6 = false\n',
        "public+ipv6": 'title = "x"\n[netcheck]\nhairpin = false\n[hosts.alice]\n',
        "firewall": _site('nat = "firewall"'),
        "firewall by address": _site('nat = "firewall-address"'),
        "udp blocked": _site(usual, "allow = { udp = [] }"),
        "udp 53 and 443": _site(usual, 'allow = { udp = ["53", "443"] }')
        + "[relays.r1]\nstun_also = [53, 443]\n[relays.r2]\nstun_also = [53, 443]\n",
        "hard+ipv6": _site(hard, 'ipv6 = "firewall"'),
        "hard+open ipv6": _site(hard, 'ipv6 = "open"'),
        "hard+ipv6 without udp": _site(hard, 'ipv6 = "firewall"', "allow_ipv6 = { udp = [] }"),
        "hard+translated ipv6": _site(hard, 'ipv6 = "nat66"'),
        "hard+broken ipv6": _site(hard, 'ipv6 = "broken"'),
        "usual+ipv6": _site(usual, 'ipv6 = "firewall"'),
        "ipv6 only": _site(usual, 'ipv6 = "firewall"').replace('at = "home"', 'at = "home"\nipv4 = false'),
        "hard, opened port": _site(hard, "mapping_service = {}") + opened,
        "usual, opened port": _site(usual, "mapping_service = {}") + opened,
        "double": 'title = "x"\n[netcheck]\nhairpin = false\n[sites.isp]\nnat = "cgnat"\nlan = "100.64.0.0/10"\n'
        '[sites.home]\nat = "isp"\n[hosts.alice]\nat = "home"\n',
        "symmetric carrier": 'title = "x"\n[netcheck]\nhairpin = false\n[sites.isp]\nnat = "cgnat-symmetric"\n'
        'lan = "100.64.0.0/10"\n[sites.home]\nat = "isp"\n[hosts.alice]\nat = "home"\n',
        "unpaired pool": _site(_nat(MAPPINGS[3], FILTERINGS[2], PORTS[2], pooling='"arbitrary"'), "count = 4"),
    }
