"""Makes the row of `natscope.lab.stuck_flow` in a namespace, the way the kernel makes it, and keeps it alive."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import NoReturn

from natscope.lab.kernel.netns import Space, add_addresses
from natscope.lab.kernel.processes import Processes, Ready
from natscope.lab.stuck_flow import INSIDE, VPN_PORT
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.message import RequestForm, encode_binding_request

EVERY_S, PATIENCE_S = 5.0, 0.2
KEEP_ALIVE = bytes(4)
RULES = """
table ip router {
  chain leaving {
    type nat hook postrouting priority srcnat; policy accept;
    oifname != "lo" masquerade
  }
}
"""


def start_stuck_flow(
    processes: Processes, space: Space, ends: tuple[IPv4Address, Endpoint, Sequence[Endpoint]]
) -> None:
    """Rules that rewrite what leaves, the computer's own packets too, and a VPN's keep-alives for ever."""
    add_addresses(space, "lo", [f"{INSIDE}/32"])
    space.nft(RULES)
    processes.call(f"{space.name}'s VPN", space, lambda ready: _keep(*ends, ready))


def _keep(here: IPv4Address, peer: Endpoint, relays: Sequence[Endpoint], ready: Ready) -> NoReturn:
    behind, own = (_socket(address) for address in (INSIDE, here))
    is_ready = False
    while True:
        for sock in (behind, own):  # the one behind came first
            with contextlib.suppress(OSError):  # the peer's refusal of an earlier one
                sock.sendto(KEEP_ALIVE, (str(peer.ip), peer.port))
        for relay in relays:
            with contextlib.suppress(OSError):
                own.sendto(encode_binding_request(os.urandom(12), RequestForm.TAILSCALE), (str(relay.ip), relay.port))
        if not is_ready and _answered(own, relays):
            is_ready = True
            ready()
        time.sleep(EVERY_S if is_ready else PATIENCE_S)


def _socket(address: IPv4Address) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((str(address), VPN_PORT))
    sock.settimeout(PATIENCE_S)
    return sock


def _answered(sock: socket.socket, relays: Sequence[Endpoint]) -> bool:
    """Whether a relay's answer is there."""
    with contextlib.suppress(OSError):
        return sock.recvfrom(2048)[1][0] in [str(relay.ip) for relay in relays]
    return False
