"""What is unwise in a relay map that can be used: warnings on top of the errors found while reading it.

Each check is a small generator over one `Reading`; its code is stable. Errors (parts left out) come from the reader.
Source: upstream tailcfg/derpmap.go; what clients do with each field: net/netcheck/netcheck.go.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator

from natscope.model.address_space import is_private, is_shared
from natscope.model.endpoint import IPAddress
from natscope.model.relay_map import MapProblem, RelayNode, RelayRegion
from natscope.wire.relay_map_fields import HOME_FIELDS, MAP_FIELDS, NODE_FIELDS, REGION_FIELDS
from natscope.wire.relay_map_hosts import is_vendor_host
from natscope.wire.relay_map_problems import Finding, Findings, Path, Spot, quoted
from natscope.wire.relay_map_reading import Reading

SELF_HOSTED_IDS = range(900, 1000)


def lint(reading: Reading) -> tuple[MapProblem, ...]:
    """All problems of a map in the order of its lines: those of the reader and what the checks below find.

    Read the map with `thorough`, or keys that stand twice and most lines are not known.
    """
    findings = Findings()
    for check in _CHECKS:
        for finding in check(reading):
            findings.add(finding)
    problems = (*reading.problems, *findings.located(reading.spots))
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def _single_region(reading: Reading) -> Iterator[Finding]:
    if reading.total_regions == 1 and len(reading.relay_map.regions) == 1:
        message = "only one region: while it is down, peers without a direct path lose each other"
        fix = "add a second region on another host"
        yield _warn("single-region", ("Regions",), message, fix)


def _no_measured_region(reading: Reading) -> Iterator[Finding]:
    regions = reading.relay_map.regions
    if regions and not reading.relay_map.measured_regions():
        message = "every region has NoMeasureNoHome: no client can have a home relay"
        yield _warn("no-home-possible", ("Regions",), message)


def _region_texts(reading: Reading) -> Iterator[Finding]:
    codes: dict[str, int] = {}
    for region, path in _regions(reading):
        if not region.region_code:
            yield _of(region, "region-code-missing", path, "RegionCode is missing: reports have no name for the region")
        elif codes.setdefault(region.region_code.lower(), region.region_id) != region.region_id:
            other = codes[region.region_code.lower()]
            message = f"region {other} has the code {quoted(region.region_code)} too: nobody can tell them apart"
            yield _of(region, "duplicate-region-code", (*path, "RegionCode"), message)
        if not region.region_name:
            yield _of(region, "region-name-missing", path, "RegionName is missing")


def _region_ids(reading: Reading) -> Iterator[Finding]:
    if reading.relay_map.omit_default_regions:
        return
    for region, path in _regions(reading):
        vendor = all(is_vendor_host(node.host_name) for node in region.nodes)
        if not vendor and region.region_id not in SELF_HOSTED_IDS:
            message = f"region {region.region_id} takes the place of the vendor's region of that number, if it has one"
            fix = "number own regions 900 to 999, or set omitDefaultRegions"
            yield _of(region, "region-id-not-reserved", path, message, fix)


def _avoid(reading: Reading) -> Iterator[Finding]:
    for region, path in _regions(reading):
        if region.avoid:
            message = "Avoid is deprecated: clients still measure the region and may choose it as their home"
            fix = reading.form.line("NoMeasureNoHome", True)
            yield _of(region, "avoid-deprecated", (*path, "Avoid"), message, fix)


def _relays_and_stun(reading: Reading) -> Iterator[Finding]:
    for region, path in _regions(reading):
        if all(node.stun_only for node in region.nodes):
            message = "all nodes are STUNOnly: a client whose home this is cannot be reached"
            yield _of(region, "region-without-relay", path, message)
        if region.measured and all(node.effective_stun_port is None for node in region.nodes):
            message = "no node answers STUN: the region is measured over HTTPS only, where UDP is blocked"
            fix = reading.form.line("STUNPort", 3478)
            yield _of(region, "region-without-stun", path, message, fix)


def _scores(reading: Reading) -> Iterator[Finding]:
    for region_id, score in reading.relay_map.region_scores.items():
        path: Path = ("HomeParams", "RegionScore", str(region_id))
        if score <= 0:
            yield _warn("score-ignored", path, "a score of 0 or below is ignored", "a factor such as 0.8 or 1.5")
        elif reading.relay_map.region(region_id) is None:
            yield _warn("score-without-region", path, f"the map has no region {region_id}")


def _node_switches(reading: Reading) -> Iterator[Finding]:
    for region, node, path in _nodes(reading):
        if node.insecure_for_tests:
            message = "InsecureForTests: clients do not check who this relay is"
            fix = "pin its certificate in CertName (sha256-raw:…) instead"
            yield _of(region, "insecure-for-tests", (*path, "InsecureForTests"), message, fix)
        if node.stun_test_ip:
            message = "STUNTestIP is for tests: clients send STUN there instead of to the node"
            yield _of(region, "stun-test-ip", (*path, "STUNTestIP"), message)
        if node.can_port80 and node.literal(4) is None:
            message = "CanPort80 has no effect without a literal IPv4 address"
            yield _of(region, "can-port80-without-ipv4", (*path, "CanPort80"), message)


def _addresses(reading: Reading) -> Iterator[Finding]:
    for region, node, path in _nodes(reading):
        for name, ip in (("IPv4", node.literal(4)), ("IPv6", node.literal(6))):
            reach = _reach(ip) if ip is not None else None
            if reach is not None:
                yield _of(region, "address-not-public", (*path, name), f"{ip} {reach}")


def _same_relay_twice(reading: Reading) -> Iterator[Finding]:
    seen: dict[tuple[str, int], int] = {}
    for region, node, path in _nodes(reading):
        where = (node.host_name.lower().rstrip("."), node.effective_derp_port)
        first = seen.setdefault(where, region.region_id)
        if first != region.region_id:
            message = f"region {first} names the same relay: two regions on one host fail together"
            yield _of(region, "same-relay-twice", (*path, "HostName"), message)


def _duplicate_keys(reading: Reading) -> Iterator[Finding]:
    for path, spot in reading.duplicate_keys:
        message = f"{quoted(path[-1])} stands twice here: only the last one counts"
        yield Finding("warning", "duplicate-key", path, message, at_key=bool(spot.key))


def _yaml_case(reading: Reading) -> Iterator[Finding]:
    """Headscale matches names exactly, in lower case."""
    if reading.form.name != "yaml" or reading.spots is None:
        return
    names = {field.name.lower() for table in (MAP_FIELDS, HOME_FIELDS, REGION_FIELDS, NODE_FIELDS) for field in table}
    for path, spot in _members(reading.spots, ()):
        if spot.key != spot.key.lower() and spot.key.lower() in names:
            message = "Headscale reads only lower-case names and ignores this one"
            yield Finding("warning", "yaml-name-case", path, message, f"{spot.key.lower()}: ", at_key=True)


_CHECKS: tuple[Callable[[Reading], Iterator[Finding]], ...] = (
    _single_region,
    _no_measured_region,
    _region_texts,
    _region_ids,
    _avoid,
    _relays_and_stun,
    _scores,
    _node_switches,
    _addresses,
    _same_relay_twice,
    _duplicate_keys,
    _yaml_case,
)
_MAX_LEVELS = 5
"""Regions, id, Nodes, index, field: deeper there is nothing a map has a name for."""


def _warn(code: str, path: Path, message: str, fix: str = "") -> Finding:
    return Finding("warning", code, path, message, fix)


def _of(region: RelayRegion, code: str, path: Path, message: str, fix: str = "") -> Finding:
    return Finding("warning", code, path, message, fix, region.region_id)


def _regions(reading: Reading) -> Iterator[tuple[RelayRegion, Path]]:
    for region in reading.relay_map.regions:
        yield region, reading.region_paths[region.region_id]


def _nodes(reading: Reading) -> Iterator[tuple[RelayRegion, RelayNode, Path]]:
    for region in reading.relay_map.regions:
        for node in region.nodes:
            yield region, node, reading.node_paths[node.name]


def _members(spot: Spot, path: Path) -> Iterator[tuple[Path, Spot]]:
    for name, inner in spot.inside.items():
        here: Path = (*path, int(name) if not inner.key else inner.key)
        yield here, inner
        if len(here) < _MAX_LEVELS:
            yield from _members(inner, here)


def _reach(ip: IPAddress) -> str | None:
    """Why an address cannot be reached from everywhere, None when it looks public."""
    if ip.is_loopback:
        return "is this host itself, wherever the map is used"
    if ip.is_unspecified or ip.is_multicast:
        return "is nobody's address"
    if ip.is_link_local:
        return "is reached on its own link only"
    if is_private(ip):
        return "is private: only clients in that network reach it"
    if is_shared(ip):
        return "lies in 100.64.0.0/10, behind carriers and inside the mesh itself: clients cannot reach it from outside"
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return "is an IPv4 address in IPv6 clothes: write it in IPv4" if mapped is not None else None
