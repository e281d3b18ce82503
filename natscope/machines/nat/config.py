"""What a NAT or firewall is: one value for each policy, checked once, typed at the edge.

The words are those of RFC 4787 (UDP), RFC 5382 (TCP) and RFC 5508 (ICMP). Every policy stands alone: any mapping goes
with any filtering, ports, pooling and hairpinning.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from natscope.machines.nat.egress import EVERYTHING, Egress, IPNetwork
from natscope.machines.nat.forwards import Forward, Pinhole
from natscope.machines.nat.lifetime import Lifetimes
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.ports import PortPolicy
from natscope.machines.nat.table import WhenFull
from natscope.model.endpoint import IPAddress
from natscope.model.nat import Filtering, Mapping

DEFAULT_CAPACITY = 65536
AS_THE_RFCS_SAY = Lifetimes()


class Hairpin(enum.StrEnum):
    """What happens to an inside packet for one of our external endpoints (RFC 4787 §6, REQ-9).

    `EXTERNAL_SOURCE` shows the receiver the sender's external endpoint (REQ-9a), `INTERNAL_SOURCE` its internal one.
    """

    NONE = "none"
    INTERNAL_SOURCE = "internal-source"
    EXTERNAL_SOURCE = "external-source"


class Unsolicited(enum.StrEnum):
    """What happens to a packet from outside that nothing lets in.

    `DROP`: silence. `REJECT`: port unreachable, for a TCP SYN only after six seconds (RFC 5382 REQ-4). `BURN`: the
    router takes it for its own, says port unreachable for UDP, and for a time lends no inside host that port towards
    that peer (Linux without an input rule).
    """

    DROP = "drop"
    REJECT = "reject"
    BURN = "burn"


class Protocol(enum.StrEnum):
    """What a NAT may know how to translate."""

    UDP = "udp"
    TCP = "tcp"
    ICMP = "icmp"


@dataclass(frozen=True, slots=True, kw_only=True)
class NatConfig:
    """A NAT of one address family, or a firewall (`mapping=Mapping.NONE`, no `external`) of any family.

    `external` are the public addresses. `port_range` holds for ports from 1024 on, and for all where
    `low_ports_stay_low` is off. `hairpin_filtered`: the filter of the receiver's mapping judges hairpinned packets too.
    `not_from`: packets from these prefixes never come in. `answer_refused`: the inside hears of refused flows by ICMP
    (RFC 5508 REQ-8). `udp_capacity`: UDP flows beyond so many get nothing, whatever `when_full` says. `tcp_pickup`: a
    TCP packet in mid-connection makes a mapping (Linux). `shuts_out_s`: an inside packet for one of our own addresses
    is taken for an attack (LAND): whoever sent it loses its mappings, and nothing that it sends passes for so long; 0
    is no such protection.
    """

    external: tuple[IPAddress, ...] = ()
    mapping: Mapping = Mapping.ENDPOINT_INDEPENDENT
    filtering: Filtering = Filtering.ADDRESS_AND_PORT_DEPENDENT
    ports: PortPolicy = PortPolicy.PRESERVING
    port_range: tuple[int, int] = (1024, 65535)
    stride: int = 1
    parity: bool = False
    contiguity: bool = False
    low_ports_stay_low: bool = True
    pooling: Pooling = Pooling.PAIRED
    hairpin: Hairpin = Hairpin.NONE
    hairpin_filtered: bool = True
    lifetimes: Lifetimes = AS_THE_RFCS_SAY
    protocols: tuple[Protocol, ...] = (Protocol.UDP, Protocol.TCP, Protocol.ICMP)
    capacity: int = DEFAULT_CAPACITY
    when_full: WhenFull = WhenFull.DROP_NEW
    udp_capacity: int | None = None
    icmp_errors: bool = True
    unsolicited: Unsolicited = Unsolicited.DROP
    forwards: tuple[Forward, ...] = ()
    dmz: IPAddress | None = None
    pinholes: tuple[Pinhole, ...] = ()
    egress: Egress = EVERYTHING
    not_from: tuple[IPNetwork, ...] = ()
    answer_refused: bool = False
    drop_fragments: bool = False
    stun_alg: bool = False
    tcp_pickup: bool = False
    shuts_out_s: float = 0.0

    def __post_init__(self) -> None:
        if self.mapping is Mapping.UNKNOWN or self.filtering is Filtering.UNKNOWN:
            raise ValueError("a NAT knows its own mapping and filtering")
        if self.translates:
            self._check_translation()
        else:
            self._check_firewall()
        if not 1 <= self.port_range[0] <= self.port_range[1] <= 65535:
            raise ValueError("port_range lies within 1 to 65535")
        if self.stride < 1 or self.capacity < 1:
            raise ValueError("stride and capacity are at least 1")
        if not self.shuts_out_s >= 0:
            raise ValueError("shuts_out_s is no negative time")
        if self.udp_capacity is not None and self.udp_capacity < 1:
            raise ValueError("udp_capacity is at least 1")

    @property
    def translates(self) -> bool:
        """False for a firewall that leaves addresses alone."""
        return self.mapping is not Mapping.NONE

    @property
    def family(self) -> int | None:
        """The address family that is translated; None for a firewall, which takes both."""
        return self.external[0].version if self.external else None

    def _check_translation(self) -> None:
        if not self.external:
            raise ValueError("a NAT needs an external address")
        if len({ip.version for ip in self.external}) > 1 or len(set(self.external)) != len(self.external):
            raise ValueError("external addresses are distinct and of one family")
        if self.pinholes:
            raise ValueError("pinholes belong to a firewall: a NAT has forwards")
        self._check_forwards()

    def _check_forwards(self) -> None:
        family = self.family
        if self.dmz is not None and self.dmz.version != family:
            raise ValueError("the DMZ host is of the NAT's address family")
        places = []
        for forward in self.forwards:
            ip = forward.external_ip or self.external[0]
            if forward.internal.family != family or ip not in self.external:
                raise ValueError("a forward starts at one of the external addresses and stays in their family")
            places.append((forward.transport, ip, forward.external_port))
        if len(set(places)) != len(places):
            raise ValueError("two forwards start at the same external port")

    def _check_firewall(self) -> None:
        if self.external or self.forwards or self.dmz is not None or self.hairpin is not Hairpin.NONE:
            raise ValueError("without translation there are no external addresses, forwards, DMZ or hairpinning")
        if self.shuts_out_s:
            raise ValueError("without translation there is no address of our own that an attack could name")
        if self.unsolicited is Unsolicited.BURN:
            raise ValueError("a firewall without translation has no ports of its own to burn")
