"""What each finding of a check means and what to do, for people: `docs/relay-check.md` and `natscope explain` show it.

Texts of docs are Markdown with links relative to `docs/`; `plain` takes those away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Meaning:
    """`says` is how it is worded, `means` what follows for clients, `do` the way out."""

    says: str
    means: str
    do: str


MEANINGS: dict[str, Meaning] = {
    "NS-REL-01": Meaning(
        "the certificate is for another name, expired, self-signed, of an unknown authority, not the pinned "
        "one; clients refuse it",
        "nobody can use the relay",
        "renew it, or correct name or pin in the map; a private authority: `--ca-file`",
    ),
    "NS-REL-02": Meaning(
        "the STUN port does not answer",
        "clients measure no latency to this relay, and learn no public address from it",
        "open UDP 3478, or correct `STUNPort` in the map (-1: none)",
    ),
    "NS-REL-03": Meaning(
        "admits only known clients; or: the key that was given is not admitted",
        "relaying was not checked, everything before it was",
        "[give the key](#relays-that-know-their-clients) of a client that it admits: `--key-file`",
    ),
    "NS-REL-04": Meaning(
        "the port speaks plain HTTP where the map wants TLS",
        "clients cannot connect",
        "let it speak TLS, or correct `DERPPort`",
    ),
    "NS-REL-05": Meaning(
        "several servers stand behind one name",
        "clients of one relay are unknown to the other: a load balancer, or several addresses of one name",
        "a node of its own in the map for each relay",
    ),
    "NS-REL-10": Meaning(
        "packets get lost, or arrive doubled, altered or out of order",
        "TCP repeats what the network loses, so the relay throws them away: queues, limits, or a length "
        "that does not pass",
        "look at its load, uplink and `derp_packets_dropped`",
    ),
    "NS-REL-11": Meaning(
        "the name is filtered on the way",
        "connections are reset for this name, and for no other",
        "another name, or ask whoever filters",
    ),
    "NS-REL-12": Meaning(
        "nodes of a region do not forward for each other",
        "peers whose homes are different nodes do not meet",
        "the same mesh key and `--mesh-with` on both, or a region each",
    ),
    "NS-REL-13": Meaning(
        "answers single STUN requests, and loses most of many at once",
        "a limit: clients behind one address, which ask together, lose their public address or their relay; such a "
        "firewall often keeps resets (RST) in too, and then dead connections hang",
        "take UDP 3478 out of limits for floods, let RST out",
    ),
    "NS-REL-14": Meaning(
        "broken over IPv4, or over IPv6",
        "clients wait for the other family",
        "open it there, or take the address out",
    ),
    "NS-REL-15": Meaning(
        "the name leads nowhere; nothing listens; no answer",
        "the relay is gone or closed",
        "start it, or take it out of the map",
    ),
    "NS-REL-16": Meaning(
        "STUN answers and no connection comes about; no TLS handshake ends well",
        "the worst kind: clients choose it, and are not reachable",
        "open its TCP port, look at what listens there",
    ),
    "NS-REL-18": Meaning(
        "the web server in front does not reach the relay; another web server answers there; no relay comes of the "
        "connection; the greeting stops in the middle",
        "a proxy takes the connection, or no relay is there",
        "pass `Upgrade` and `Connection` on, without buffering ([how](relay.md#behind-nginx-or-caddy))",
    ),
    "NS-REL-19": Meaning(
        "port 80 redirects, is closed, or is not answered by a relay",
        "clients that look for login pages there will think that their network has one",
        "answer `/generate_204` on port 80 itself, or take `CanPort80` out of the map",
    ),
    "NS-REL-20": Meaning(
        "the certificate ends soon",
        "less than a sixth of its life is left (two weeks at most): it was not renewed",
        "find out why",
    ),
    "NS-CTL-04": Meaning(
        "something in front breaks the upgrade to DERP",
        "its pages work, and no client gets in: a proxy leaves out what asks for the upgrade, or keeps what follows",
        "pass `Upgrade` and `Connection` on, without buffering ([how](relay.md#behind-nginx-or-caddy)), or go past it",
    ),
    "NS-CTL-06": Meaning(
        "the clock is behind or ahead; or this computer's is wrong",
        "renewing the certificate may fail; logs tell wrong times",
        "turn synchronisation on",
    ),
    "NS-REL-21": Meaning(
        "lets clients in and drops their packets; or loses them again; or lets one in and not a second",
        "it looks alive and carries nothing",
        "look into its log, restart it",
    ),
}


def plain(text: str) -> str:
    """Without links and back-quotes."""
    return _LINK.sub(r"\1", text).replace("`", "")
