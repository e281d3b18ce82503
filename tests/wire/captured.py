"""Packets as Linux 6.18 wrote them to a TUN device: finished checksums, both families."""

from __future__ import annotations

import ipaddress

SOURCE = {4: int(ipaddress.ip_address("192.0.2.1")), 6: int(ipaddress.ip_address("2001:db8::1"))}
TARGET = {4: int(ipaddress.ip_address("192.0.2.9")), 6: int(ipaddress.ip_address("2001:db8::9"))}

UDP = {
    4: bytes.fromhex("4500002185b640004011310bc0000201c00002090fa00d96000d1ac168656c6c6f"),
    6: bytes.fromhex(
        "600a77c3000d114020010db800000000000000000000000120010db80000000000000000000000090fa00d96000d435068656c6c6f"
    ),
}
"""`hello` from port 4000 to 3478."""
TCP = {
    4: bytes.fromhex(
        "4500003c314640004006856bc0000201c0000209"
        "0fa101bbf04049f200000000a002faf023a60000020405b40402080a84c7d504000000000103030a"
    ),
    6: bytes.fromhex(
        "600324990028064020010db800000000000000000000000120010db8000000000000000000000009"
        "0fa101bb28a192fa00000000a002fd2038690000020405a00402080a51a4986f000000000103030a"
    ),
}
"""A SYN from port 4001 to 443."""
PING = {
    4: bytes.fromhex("4500002423ec4000400192e2c0000201c00002090800eba1004d00010001020304050607"),
    6: bytes.fromhex(
        "600a81d300103a4020010db800000000000000000000000120010db8000000000000000000000009"
        "800017db004d00010001020304050607"
    ),
}
"""Identifier 77, sequence 1, eight bytes."""
LAST_FRAGMENT = {
    4: bytes.fromhex("4500001c85d800b940117035c0000201c00002097878787878787878"),
    6: bytes.fromhex(
        "600a77c3001c2c4020010db800000000000000000000000120010db8000000000000000000000009110005a802fc3179" + "78" * 20
    ),
}
"""The second piece of a UDP datagram: from byte 1480 on (IPv4, don't-fragment off), 1448 (IPv6)."""
