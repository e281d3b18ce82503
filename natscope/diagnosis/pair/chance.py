"""Chances of guessing ports. Probabilities are 0.0 to 1.0.

Sources: Tailscale, "How NAT traversal works" (the birthday paradox of ports); the formulas are elementary.
"""

from __future__ import annotations

import math

PORTS = 65535
"""Public ports that a random one is drawn from."""
SOCKETS, PROBES = 256, 1024
"""What a client that guesses at all opens on the hard side and sends from the other: ten seconds at 100 packets/s."""


def one_hard_side(probes: int, sockets: int = SOCKETS) -> float:
    """One side has a random port for each of `sockets` sockets, the other sends `probes` packets to random ports."""
    return 1.0 - (1.0 - sockets / PORTS) ** probes


def two_hard_sides(combinations: int) -> float:
    """Both sides' ports are random: each tries so many pairs of own and foreign port, and two must meet."""
    return 1.0 - math.exp(-(combinations**2) / 2**32)


def probes_for(chance: float, sockets: int = SOCKETS) -> int:
    """The fewest probes that reach a chance (0.0 up to, and without, 1.0) against one hard side."""
    if not 0.0 <= chance < 1.0:
        raise ValueError("a chance below 1 is needed")
    return math.ceil(math.log(1.0 - chance) / math.log(1.0 - sockets / PORTS))


def seconds_for(probes: int, per_second: int = 100) -> float:
    """How long so many packets take at a polite rate."""
    return probes / per_second
