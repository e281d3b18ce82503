"""What a probe saw: one packet exchange, one connection, one look at the host. Never a conclusion.

Every kind is declared in `KINDS`; a third party's kinds are `x.<name>.<kind>` and need no entry.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec

KINDS: dict[str, str] = {
    "host.links": "interfaces, default routes and local addresses of this host",
    "host.route": "the way that this system takes to relays: interface, its driver, routing table",
    "host.system": "what this computer says about itself: container, clock, buffers, settings",
    "host.firewall": "rules of this computer's packet filter, and what they would do to packets",
    "host.connections": "rows of this computer's table of connections that are stuck",
    "host.shared": "what around this computer lies inside 100.64.0.0/10",
    "host.eaten": "counters of rules that drop 100.64.0.0/10, before and after asking something in it",
    "route.stun": "one STUN request over one further interface, past the way that everything else takes",
    "udp.socket": "a UDP socket of one family was opened, or refused to",
    "dns.lookup": "a name was looked up for one family",
    "dns.config": "which name servers and search domains this host is set to use",
    "dns.query": "one question to one name server, and what came back",
    "dns.dropped": "datagrams from name servers that answered no question, counted by reason",
    "stun.binding": "one STUN Binding request and what came back",
    "stun.burst": "twenty Binding requests to one relay within a tenth of a second, and how many were answered",
    "nat.port": "which public port a fresh local port got",
    "nat.hairpin": "a request of ours to our own public address, and what came of it",
    "nat.lifetime": "whether a mapping still let a packet in after a time of silence or of keep-alives",
    "stun.dropped": "datagrams on a STUN socket that were no answer, counted by reason",
    "nat.server": "what one STUN server offers for NAT tests, and our address as it saw a second socket",
    "nat.mapping": "our address as one place saw one fresh socket, beside other places",
    "nat.second-opinion": "what another program says of the router",
    "nat.early": "packets that came before we wrote, and by which port ours left to that place afterwards",
    "nat.unseen": "packets that a server was asked to send from where we had never written to, and what came in",
    "https.latency": "TCP, TLS and one HTTP request to a relay, timed apart",
    "icmp.echo": "one ICMP echo request to a relay",
    "path.hop": "one request with a small hop limit, and which router told of it",
    "path.own-address": "requests to our own public address that end at the first router, and their controls",
    "path.marks": "a request with marks of priority and congestion, and how it came",
    "path.size": "one request of a chosen length, whole or cut into pieces, and whether it was answered",
    "udp.shape": "datagrams that look like something, and whether they came back",
    "udp.train": "a paced row of packets to a helper: how many arrived, how many came back, and when",
    "tcp.upload": "so many bytes to a relay over TCP, and how long that took",
    "udp.fresh-port": "requests to a silent relay from a fresh local port, beside others from the usual one",
    "udp.port": "one STUN request to another port of a relay",
    "nat64.prefix": "one look-up of ipv4only.arpa, from which an IPv6 prefix for IPv4 shows",
    "portmap.gateway": "a default route, and whether its gateway was asked to open a port",
    "portmap.control": "echo requests to the gateway, the control for its silence",
    "portmap.service": "PCP, NAT-PMP or UPnP at a gateway: is the service there",
    "portmap.multicast": "searches to the group and to the gateway side by side: who answers which",
    "portmap.map": "a port was asked for, and what the router said",
    "portmap.proof": "a packet sent by a helper to an opened port",
    "portmap.removed": "an opened port was closed again",
    "proxy.settings": "which proxies, scripts and login pages this host's settings and its network name",
    "proxy.connect": "one relay through the HTTP proxy of the environment: CONNECT, TLS, one request",
    "relay.moves": "when the home relay moved in earlier runs, and whether in this network",
    "relay.check": "one relay node over one family: TCP, TLS with its certificate, one request",
    "relay.port80": "one /generate_204 with a challenge at a relay's plain port",
    "derp.connect": "one connection to one address of a relay, as its clients make it: TCP, TLS, upgrade, greeting",
    "derp.page": "the page /derp/probe of a relay: does its HTTP answer, what time does it tell",
    "derp.left-out": "the request that was not upgraded once more, without what asks for the upgrade",
    "derp.passage": "packets from one client to another through relays, one direction",
    "derp.no-way": "an address of a relay that this computer has no way to",
    "captive.challenge": "one /generate_204 with a challenge, over plain HTTP",
}


class Outcome(enum.StrEnum):
    """How an exchange ended."""

    ANSWERED = "answered"
    NO_ANSWER = "no-answer"
    REFUSED = "refused"
    """The other side said no in words or codes (HTTP status, TLS alert, TCP reset, STUN error)."""
    ICMP_ERROR = "icmp-error"
    LOCAL_ERROR = "local-error"
    """This host did not even send: no route, permission, bind failure."""
    WRONG = "wrong"
    """Something came back that does not fit: bad certificate, altered challenge, other source."""
    CANCELLED = "cancelled"


class Observation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measured thing. Times are milliseconds since the start of the run.

    `target` is `ip:port`, a URL or a name as text; `socket` the local address used; `source` where the answer came
    from; `data` holds what belongs to the kind, JSON values only; `summary` is one clause for people.
    """

    id: str
    kind: str
    probe: str
    outcome: Outcome
    target: str = ""
    family: int | None = None
    region_id: int | None = None
    node: str = ""
    socket: str = ""
    source: str = ""
    sent_ms: float | None = None
    received_ms: float | None = None
    rtt_ms: float | None = None
    bytes_sent: int = 0
    bytes_received: int = 0
    error: str = ""
    summary: str = ""
    data: dict[str, Any] = {}


class ProbeOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a probe ran. `state`: `ran`, `skipped`, `failed`, `cut` (deadline or Ctrl-C); `reason` is for people.

    `flag` names the option that would make a skipped probe run, or is empty.
    """

    name: str
    title: str
    state: str
    reason: str = ""
    flag: str = ""
    elapsed_ms: float = 0.0
    packets_sent: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
