"""TCP in small: enough of the state of a connection to choose its lifetime (RFC 5382 §4.2 and §5, RFC 7857 §2).

States are bits in `Flow.state`. Opening: one side has sent its SYN. Established (0): both have, in either order, so
that simultaneous open works (REQ-2). Half closed: one side has sent FIN, the connection still counts as established.
Closing: both have, or a RST was seen; a new SYN reopens. Sequence numbers are not looked at.

| state       | lifetime    | SYN                                | FIN                    | RST     |
|-------------|-------------|------------------------------------|------------------------|---------|
| opening     | transitory  | the other side's: established      | stays                  | closing |
| established | established | stays                              | half closed            | closing |
| half closed | established | stays                              | the other side's: closing | closing |
| closing     | closing     | opening                            | stays                  | stays   |
"""

from __future__ import annotations

from natscope.machines.nat.lifetime import Lifetimes
from natscope.machines.nat.packet import ACK, FIN, RST, SYN

ESTABLISHED = 0
SYN_OUT, SYN_IN, FIN_OUT, FIN_IN, RESET = 1, 2, 4, 8, 16
TCP_BITS = 31
_OPENING = SYN_OUT | SYN_IN
_BOTH_FIN = FIN_OUT | FIN_IN


def may_begin(flags: int, *, pickup: bool) -> bool:
    """Whether a segment without a connection begins one: a plain SYN; with `pickup` also data in mid-connection."""
    kind = flags & (SYN | FIN | RST | ACK)
    return kind == SYN or (pickup and not flags & (SYN | FIN | RST))


def is_closing(state: int) -> bool:
    """Whether the connection is over and only waits for stragglers."""
    return bool(state & RESET) or state & _BOTH_FIN == _BOTH_FIN


def advance(state: int, flags: int, *, outbound: bool) -> int:
    """The state after a packet with these flags."""
    if flags & RST:
        return RESET
    if flags & SYN:
        return _after_syn(state, SYN_OUT if outbound else SYN_IN)
    if flags & FIN and not state & (_OPENING | RESET):
        return state | (FIN_OUT if outbound else FIN_IN)
    return state


def idle_s(state: int, lifetimes: Lifetimes) -> float:
    """How long a connection in that state may be silent."""
    if is_closing(state):
        return lifetimes.tcp_closing_s
    return lifetimes.tcp_transitory_s if state & _OPENING else lifetimes.tcp_established_s


def _after_syn(state: int, mine: int) -> int:
    if is_closing(state):
        return mine
    return ESTABLISHED if state & _OPENING and not state & mine else state
