"""Prints what this computer tells about itself, as JSON: `python -m tests.host.system_dump`, inside a namespace."""

from __future__ import annotations

import asyncio
import ipaddress
import sys

import msgspec

from natscope.host.real.host import build_real_host


async def main() -> None:
    system = build_real_host().system
    targets = [ipaddress.ip_address(text) for text in sys.argv[1:]]
    told = {
        "facts": await system.look(),
        "drops": await system.source_drops(),
        "ways": await system.route_to(targets),
        "marked": await system.route_to(targets, mark=0x80000),
        "firewall": await system.firewall(timeout_s=5.0),
    }
    print(msgspec.json.encode(told).decode())


if __name__ == "__main__":
    asyncio.run(main())
