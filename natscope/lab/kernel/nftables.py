"""Rules for the kernel's own packet filter and NAT, as text for `nft -f -`."""

from __future__ import annotations

from collections.abc import Iterable

from natscope.lab.scenario import KernelNat
from natscope.model.endpoint import IPAddress

OUTSIDE, INSIDE = "wan", "lan"
_STATEMENT = {KernelNat.MASQUERADE: "masquerade", KernelNat.FULLY_RANDOM: "masquerade fully-random"}


def kernel_router(nat: KernelNat, *, ipv6_firewall: bool, opens_ports: bool = False) -> str:
    """The kernel's NAT for IPv4, and if asked a stateful firewall for IPv6; `opens_ports` lets port forwards pass.

    `for-us` drops what nobody asked for: else a peer's early packet gets a conntrack entry for the router itself, and
    the host's later packet to that peer leaves from another port.
    """
    forwards = "    ct status dnat accept\n" if opens_ports else ""
    v6 = f'    iifname "{OUTSIDE}" meta nfproto ipv6 ct state new drop\n' if ipv6_firewall else ""
    return f"""
table inet lab {{
  chain leaving {{
    type nat hook postrouting priority srcnat; policy accept;
    oifname "{OUTSIDE}" meta nfproto ipv4 {_STATEMENT[nat]}
  }}
  chain for-us {{
    type filter hook input priority filter; policy accept;
    iifname "{OUTSIDE}" meta nfproto ipv4 ct state new drop
  }}
  chain through {{
    type filter hook forward priority filter; policy accept;
{forwards}    iifname "{OUTSIDE}" meta nfproto ipv4 ct state new drop
{v6}  }}
}}
"""


def keeps_own(addresses: Iterable[IPAddress]) -> str:
    """What comes from inside to the router's own public addresses does not end for its hop limit.

    They are on no interface where our own NAT stands behind a TUN device, so the kernel would pass such packets on.
    """
    return f"""
table ip own {{
  chain arriving {{
    type filter hook prerouting priority raw; policy accept;
    iifname "{INSIDE}" ip daddr {{ {", ".join(map(str, addresses))} }} ip ttl 1 ip ttl set 2
  }}
}}
"""


def web_redirect(port: int = 80) -> str:
    """Web requests from inside, whoever they are for, come to this router's own port."""
    return f"""
table ip portal{port} {{
  chain arriving {{
    type nat hook prerouting priority dstnat; policy accept;
    iifname "{INSIDE}" tcp dport {port} redirect to :{port}
  }}
}}
"""


def cut(device: str) -> str:
    """Nothing that arrives at a device is heard of again."""
    return f"""
table netdev cut-{device} {{
  chain arriving {{
    type filter hook ingress device "{device}" priority -500; policy drop;
  }}
}}
"""


def mended(device: str) -> str:
    """The end of `cut`."""
    return f"delete table netdev cut-{device}\n"


def silent_ports(ports: Iterable[tuple[str, int]]) -> str:
    """Swallow what comes to these (`udp` or `tcp`, port); nothing for none."""
    lines = "".join(f"    {transport} dport {port} drop\n" for transport, port in ports)
    if not lines:
        return ""
    return f"""
table inet silent {{
  chain arriving {{
    type filter hook input priority filter; policy accept;
{lines}  }}
}}
"""
