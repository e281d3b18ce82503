"""A stored run to a report: pure, so that a recorded run gives the same report for ever.

Conclusions that the evidence does not force stay `unknown`, with the reason beside them. Findings and the verdict are
not made here.
"""

from __future__ import annotations

from natscope.model.observation import Observation
from natscope.model.relay_map import LoadedMap
from natscope.model.report import NO_VERDICT, SCHEMA, Cost, MapReport, Report
from natscope.model.tri import Tri
from natscope.netcheck.assemble_cross_check import cross_check
from natscope.netcheck.assemble_dns import dns_report
from natscope.netcheck.assemble_families import family_report
from natscope.netcheck.assemble_host import host_report, interface_reports
from natscope.netcheck.assemble_limits import not_measured
from natscope.netcheck.assemble_nat import nat_report
from natscope.netcheck.assemble_path import path_report
from natscope.netcheck.assemble_port_mapping import port_mapping_report
from natscope.netcheck.assemble_reach import captive_portal, udp_works
from natscope.netcheck.assemble_surroundings import surroundings_report
from natscope.netcheck.assemble_web import web_report
from natscope.netcheck.home import preferred_relay
from natscope.netcheck.record import RunRecord
from natscope.netcheck.relay_latency import relay_reports, with_liars
from natscope.netcheck.vantage import believable, liars

DATAGRAM_KINDS = (
    "stun.binding",
    "nat.server",
    "nat.mapping",
    "nat.unseen",
    "nat.port",
    "nat.hairpin",
    "nat.lifetime",
    "icmp.echo",
    "dns.query",
    "path.hop",
    "path.own-address",
    "path.size",
    "path.marks",
    "udp.shape",
    "udp.port",
    "udp.fresh-port",
    "udp.train",
    "route.stun",
)
"""Observations of packets of UDP or ICMP: one each, or as many as there were `tries`."""


def assemble(record: RunRecord) -> Report:
    """The report of a run, without findings and with no verdict."""
    links = None if record.links is None else record.links.facts()
    observations = record.observations
    lying = liars(observations)
    believed = believable(observations, lying)
    relays = with_liars(relay_reports(record.loaded_map.relay_map, observations), lying)
    udp, udp_reason = udp_works(observations, record.loaded_map.relay_map)
    captive, captive_reason = captive_portal(observations, record.probes)
    ipv4 = family_report(4, links, believed, record.options)
    ipv6 = family_report(6, links, believed, record.options)
    port_mapping = port_mapping_report(links, observations)
    nat = nat_report(believed, prefer_v6=ipv4.works is not Tri.YES and ipv6.works is Tri.YES, links=links)
    return Report(
        schema=SCHEMA,
        natscope=record.natscope,
        run_id=record.run_id,
        started_at=record.started_at,
        duration_ms=record.duration_ms,
        interrupted=record.interrupted,
        limit_reached=record.limit_reached,
        host=host_report(record.identity, links, observations),
        interfaces=interface_reports(links),
        udp=udp,
        udp_reason=udp_reason,
        ipv4=ipv4,
        ipv6=ipv6,
        nat=nat,
        port_mapping=port_mapping,
        relays=relays,
        preferred_relay=preferred_relay(record, relays),
        captive_portal=captive,
        captive_portal_reason=captive_reason,
        cross_check=cross_check(observations, nat.v4),
        path=path_report(observations, links, record.probes),
        web=web_report(observations, vendor=record.loaded_map.vendor),
        dns=dns_report(observations, record.probes, record.loaded_map.relay_map),
        surroundings=surroundings_report(observations, links),
        verdict=NO_VERDICT,
        findings=(),
        not_measured=not_measured(record, relays, port_mapping, "" if captive.known else captive_reason, nat),
        relay_map=map_report(record.loaded_map),
        cost=_cost(record, observations),
        probes=record.probes,
        observations=observations,
    )


def map_report(loaded: LoadedMap) -> MapReport:
    """Where a map comes from, how large it is, what is wrong with it."""
    return MapReport(
        source=loaded.source,
        kind=loaded.kind,
        regions=len(loaded.relay_map.regions),
        nodes=sum(len(region.nodes) for region in loaded.relay_map.regions),
        cached_age_s=loaded.cached_age_s,
        vendor=loaded.vendor,
        warnings=(loaded.warning,) if loaded.warning else (),
        problems=loaded.problems,
    )


def _cost(record: RunRecord, observations: tuple[Observation, ...]) -> Cost:
    """Packets are those of UDP and ICMP; TCP's are not seen from here, its bytes are."""
    packets = sum(int(o.data.get("tries", 1)) for o in observations if o.kind in DATAGRAM_KINDS and o.bytes_sent)
    return Cost(
        packets_sent=packets,
        bytes_sent=sum(o.bytes_sent for o in observations),
        bytes_received=sum(o.bytes_received for o in observations),
    )
