"""From the forms of a scenario file to the scenario: names resolved, addresses given, everything checked.

`read_scenario` is the way in. Mistakes raise `UserError`, one sentence with file and line.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import fields, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from natscope.lab.scenario import (
    DNS_4,
    DNS_6,
    DNS_NAME,
    INTERNET,
    Attachment,
    Bed,
    DnsManner,
    FaultKind,
    MeasureHow,
    Scenario,
    ScenarioFault,
    ScenarioHost,
    ScenarioRelay,
    ScenarioServer,
    ServerKind,
    Site,
    SiteIpv6,
)  # fmt: skip
from natscope.lab.scenario_addresses import Addresses
from natscope.lab.scenario_form import FaultForm, HostForm, HostTruthForm, RelayForm, SiteForm
from natscope.lab.scenario_links import LAN, RELAY_STEP_MS, UPLINK, directions
from natscope.lab.scenario_mapping import MAPPING_CLAIMS, mapping_service_of, unserved
from natscope.lab.scenario_nat import kind_of, nat_6_of, nat_of, translates
from natscope.lab.scenario_relays import Port
from natscope.lab.scenario_toml import PAIRS, Path, ScenarioForm, Source, read_form
from natscope.lab.scenario_truth import UNKNOWABLE, UNKNOWN, HostTruth, PairTruth
from natscope.lab.scenario_unknown import GROUPS, expanded
from natscope.model.endpoint import IPAddress
from natscope.sim.meddler import MULTICAST

RESERVED = (INTERNET, DNS_NAME, PAIRS)
MAX_PORT = 65_535
USUAL_RELAYS = ("relay1", "relay2", "relay3")
_DEVICE = re.compile(r"[A-Za-z0-9_-]{1,15}", re.ASCII)
_MAKER = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){2}", re.ASCII)
_PROFILES = ("quick", "default", "full")


def read_scenario(name: str, text: str, *, file: str = "") -> Scenario:
    """The scenario called `name` from the text of a file. Raises `UserError`."""
    return _Reader(name, read_form(file or f"{name}.toml", text)).scenario()


class _Reader:
    def __init__(self, name: str, form: ScenarioForm) -> None:
        self._name = name
        self._form = form
        self._source: Source = form.source
        self._addresses = Addresses(form.source)
        self._sites: dict[str, Site] = {}
        self._hosts: dict[str, ScenarioHost] = {}
        self._relays: dict[str, ScenarioRelay] = {}

    def scenario(self) -> Scenario:
        self._check_names()
        order = _in_order(self._source, self._form.sites)
        outside = {n: self._addresses.site(n, s, translates=self._translates(n, s)) for n, s in order.items()}
        self._hosts = {n: self._host(n, f) for n, f in self._form.hosts.items()}
        self._sites = {n: self._site(n, f, outside[n]) for n, f in order.items()}
        relays = self._form.relays or {n: RelayForm() for n in USUAL_RELAYS}
        self._relays = {n: self._relay(n, number, f) for number, (n, f) in enumerate(relays.items(), start=1)}
        head = self._form.head
        if head.netcheck.profile not in _PROFILES:
            self._source.wrong(("netcheck", "profile"), f"a profile is one of {', '.join(_PROFILES)}")
        if not 0 <= head.netcheck.source_port <= 65535:
            self._source.wrong(("netcheck", "source_port"), "a port is 1 to 65535, or 0 for any")
        return Scenario(
            name=self._name,
            title=head.title,
            about=head.about,
            source=self._source.name,
            seed=head.seed,
            map_style=head.map,
            dns=head.dns,
            dns_lies=self._lies(),
            dns_wildcards=head.dns_wildcards,
            how=MeasureHow(
                https=head.netcheck.https,
                profile=head.netcheck.profile,
                hairpin=head.netcheck.hairpin,
                udp_rate=head.netcheck.udp_rate,
                source_port=head.netcheck.source_port,
                earlier=head.netcheck.earlier,
                known_wrong=head.netcheck.known_wrong,
            ),
            sites=self._sites,
            hosts=self._hosts,
            relays=self._relays,
            servers={n: self._server(n, number) for number, n in enumerate(self._form.servers, start=1)},
            faults=tuple(self._fault(f) for f in self._form.faults),
            cannot=self._cannot(),
            truth={n: self._truth(n, f) for n, f in self._form.truth.items()},
            pairs=tuple(self._pair(key) for key in self._form.pairs),
        )

    def _cannot(self) -> dict[Bed, str]:
        """What the file says, and what follows from it."""
        told = {Bed(bed): why for bed in Bed if (why := getattr(self._form.head.beds, bed.value))}
        programs = sorted(n for n, form in self._form.servers.items() if form.kind is ServerKind.DERPER)
        if programs:
            told.setdefault(Bed.SIM, f"it runs no programs of others: {', '.join(programs)}")
        if any(fault.kind is FaultKind.CONGESTION for fault in self._form.faults):
            told.setdefault(Bed.KERNEL, "its links are as long as at the start all the time")
        forms: list[SiteForm | HostForm | RelayForm] = [*self._form.sites.values(), *self._form.hosts.values()]
        forms += self._form.relays.values()
        if any(MULTICAST in (link.filters or ()) for form in forms for link in (form.link, form.back)):
            told.setdefault(Bed.KERNEL, "a host and its router share one bridge there, which drops nothing")
        if self._form.head.netcheck.earlier:
            told.setdefault(Bed.KERNEL, "it measures each host once")
        return told

    def _check_names(self) -> None:
        form, owner = self._form, dict.fromkeys(RESERVED, "natscope itself")
        for group in ("sites", "hosts", "relays", "servers"):
            for name in getattr(form, group):
                other = owner.setdefault(name, group)
                if other != group:
                    self._source.wrong((group, name), f"that name belongs to {other}")
        if not form.hosts:
            self._source.wrong((), "there is no host: it needs a table [hosts.NAME]")

    def _translates(self, name: str, form: SiteForm) -> bool:
        return translates(kind_of(self._source, name, form))

    def _site(self, name: str, form: SiteForm, outside: tuple[IPv4Address, ...]) -> Site:
        up, down = directions(self._source, ("sites", name), UPLINK, form.link, form.back)
        return Site(
            name=name,
            at=form.at,
            kind=kind_of(self._source, name, form),
            nat=nat_of(self._source, name, form, outside, self._address_of),
            kernel_nat=form.kernel_nat,
            lan=self._addresses.lan(name),
            wan=outside[0],
            external=outside if self._addresses.lan(name) is not None else (),
            ipv6=form.ipv6,
            prefix=self._addresses.prefix(name),
            portal=form.portal,
            http_proxy=self._proxy(name, form),
            proxy_password=form.proxy_password,
            opens_tls=form.opens_tls,
            resolver=self._resolver(name, form),
            tunnel=self._tunnel(name, form),
            carries=self._carries(name, form),
            hardware=self._hardware(name, form),
            routed_6=self._addresses.routed_6(name),
            nat_6=nat_6_of(self._source, name, form, self._addresses.routed_6(name)),
            mapping_service=mapping_service_of(self._source, name, form, may=self._translates(name, form)),
            link=up,
            back=down,
        )

    def _resolver(self, name: str, form: SiteForm) -> bool:
        """Only with addresses of its own inside."""
        if form.resolver and (self._addresses.lan(name) is None or form.tunnel):
            self._source.wrong(("sites", name, "resolver"), "a resolver takes a router with a network behind it")
        return form.resolver

    def _hardware(self, name: str, form: SiteForm) -> str:
        """Of one device: neither of a group nor made up."""
        where: Path = ("sites", name, "hardware")
        if form.hardware and (not _MAKER.fullmatch(form.hardware) or int(form.hardware[:2], 16) & 0x03):
            self._source.wrong(where, "three bytes of a maker, such as 00:09:0f", hint="they are the IEEE's, oui.txt")
        if form.hardware and form.tunnel:
            self._source.wrong(where, "a tunnel has no hardware address")
        return form.hardware

    def _tunnel(self, name: str, form: SiteForm) -> str:
        if not form.tunnel:
            return ""
        where: Path = ("sites", name, "tunnel")
        if not _DEVICE.fullmatch(form.tunnel) or form.tunnel == "lo" or form.tunnel.startswith("eth"):
            self._source.wrong(where, "a device's name has up to 15 letters and digits, and is not lo or eth…")
        users = [n for n, host in self._form.hosts.items() if name in (host.at, *host.also)]
        if len(users) != 1 or self._addresses.lan(name) is None or form.ipv6 is not SiteIpv6.NONE:
            self._source.wrong(where, "behind a tunnel there is one host, with an IPv4 address that is translated")
        return form.tunnel

    def _carries(self, name: str, form: SiteForm) -> tuple[IPv4Network, ...]:
        where: Path = ("sites", name, "carries")
        if form.carries and not form.tunnel:
            self._source.wrong(where, "only a tunnel (tunnel) takes networks of its own")
        try:
            return tuple(IPv4Network(text) for text in form.carries)
        except ValueError as error:
            self._source.wrong(where, str(error))

    def _port(self, where: Path, port: int) -> int:
        if not 0 <= port <= MAX_PORT:
            self._source.wrong(where, f"{port} is no port")
        return port

    def _proxy(self, site: str, form: SiteForm) -> str:
        """The host that serves it, which must stand in the site."""
        where: Path = ("sites", site, "http_proxy")
        if form.http_proxy and form.http_proxy not in self._hosts:
            self._source.wrong(where, f"there is no host called {form.http_proxy!r}")
        if form.http_proxy and all(i.at != site or i.ipv4 is None for i in self._hosts[form.http_proxy].interfaces):
            self._source.wrong(where, f"{form.http_proxy} has no IPv4 address at {site}")
        return form.http_proxy

    def _address_of(self, host: str, where: Path) -> IPv4Address:
        if host not in self._hosts:
            self._source.wrong(where, f"there is no host called {host!r}")
        site, interfaces = where[1], self._hosts[host].interfaces
        found = next((i.ipv4 for i in interfaces if i.at == site), None)
        if found is None:
            self._source.wrong(where, f"{host} has no IPv4 address at {site}")
        return found

    def _host(self, name: str, form: HostForm) -> ScenarioHost:
        where: Path = ("hosts", name)
        for site, key in ((form.at, "at"), *((site, "also") for site in form.also)):
            self._must_be_site((*where, key), site)
        first = self._addresses.interface(name, form.at, where, form.ipv4, form.ipv6)
        more = [self._addresses.interface(name, site, (*where, "also"), True, True) for site in form.also]
        base = UPLINK if form.at == INTERNET else LAN
        up, down = directions(self._source, where, base, form.link, form.back)
        return ScenarioHost(
            name=name,
            interfaces=(first, *more),
            name_server=self._name_server(first),
            measured=form.measured,
            clock_wrong_by_s=form.clock_wrong_by_s,
            rules=form.rules,
            strict_source=form.strict_source,
            container=form.container,
            stuck_to=self._stuck_to(name, form),
            firmware=form.firmware,
            taken=tuple(self._port((*where, "taken"), port) for port in form.taken),
            suite=form.suite,
            search=form.search,
            link=up,
            back=down,
        )

    def _stuck_to(self, name: str, form: HostForm) -> str:
        peer = self._form.hosts.get(form.stuck_to)
        if form.stuck_to and (peer is None or form.stuck_to == name or peer.at != INTERNET or peer.ipv4 is False):
            self._source.wrong(("hosts", name, "stuck_to"), "another host on the internet, with an IPv4 address")
        return form.stuck_to

    def _name_server(self, first: Attachment) -> IPAddress:
        """The internet's; the router's own where it is a resolver, and behind a NAT64 for hosts without IPv4."""
        if first.ipv4 is not None:
            lan = self._addresses.lan(first.at) if first.at != INTERNET else None
            return lan.network_address + 1 if lan is not None and self._form.sites[first.at].resolver else DNS_4
        prefix = self._addresses.prefix(first.at)
        is_nat64 = first.at != INTERNET and self._form.sites[first.at].ipv6 is SiteIpv6.NAT64
        return prefix.network_address + 1 if prefix is not None and is_nat64 else DNS_6

    def _relay(self, name: str, region_id: int, form: RelayForm) -> ScenarioRelay:
        where: Path = ("relays", name)
        if Port.SILENT in (form.udp, form.tcp) and Port.CLOSED in (form.udp, form.tcp):
            self._source.wrong(where, "one port silent and the other closed is not modelled")
        self._must_be_site((*where, "at"), form.at)
        is_near = form.at != INTERNET
        if form.on:
            ipv4, ipv6 = self._addresses_of((*where, "on"), form.on)
        else:
            ipv4, ipv6 = self._addresses.relay(name, region_id, form.at, ipv6=form.ipv6)
        usual_ms = LAN.latency_s * 1000 if is_near else RELAY_STEP_MS * region_id
        latency_ms = usual_ms if form.latency_ms is None else form.latency_ms
        back_ms = latency_ms if form.back_latency_ms is None else form.back_latency_ms
        if min(latency_ms, back_ms) < 0:
            self._source.wrong(where, "latency is not negative")
        up, down = directions(self._source, where, replace(UPLINK, latency_s=latency_ms / 1000), form.link, form.back)
        if form.back_latency_ms is not None:
            down = replace(down, latency_s=back_ms / 1000)
        return ScenarioRelay(
            name=name,
            at=self._hosts[form.on].at if form.on else form.at,
            on=form.on,
            region_id=region_id,
            ipv4=ipv4,
            ipv6=ipv6,
            udp=form.udp,
            tcp=form.tcp,
            certificate=form.certificate,
            port80=form.port80,
            clock_wrong_by_s=form.clock_wrong_by_s,
            https_ipv6=form.https_ipv6,
            upgrades=form.upgrades,
            pinned=form.pinned,
            stun=form.stun,
            stun_also=form.stun_also,
            helper=form.helper,
            node=form.node,
            link=up,
            back=down,
        )

    def _addresses_of(self, where: Path, host: str) -> tuple[IPv4Address, IPv6Address | None]:
        found = self._hosts.get(host)
        if found is None or not isinstance(ipv4 := found.address(4), IPv4Address):
            self._source.wrong(where, f"there is no host {host} with an IPv4 address")
        ipv6 = found.address(6)
        return ipv4, ipv6 if isinstance(ipv6, IPv6Address) else None

    def _server(self, name: str, number: int) -> ScenarioServer:
        kind = self._form.servers[name].kind
        four, six = self._addresses.server(name, number)
        return ScenarioServer(name=name, kind=kind, addresses=four, addresses_6=six)

    def _lies(self) -> tuple[IPAddress, ...]:
        head = self._form.head
        if (head.dns in (DnsManner.LIE, DnsManner.INVENT)) != bool(head.dns_lies):
            self._source.wrong(("dns",), 'dns = "lie" or "invent" and dns_lies go together')
        try:
            return tuple(ipaddress.ip_address(text) for text in head.dns_lies)
        except ValueError as error:
            self._source.wrong(("dns_lies",), str(error))

    def _fault(self, form: FaultForm) -> ScenarioFault:
        where: Path = ("faults",)
        victims: dict[FaultKind, Iterable[str]] = {
            FaultKind.PARTITION: (*self._sites, *self._hosts, *self._relays),
            FaultKind.CONGESTION: (*self._sites, *self._hosts, *self._relays),
            FaultKind.NAT_REBOOT: tuple(n for n, site in self._sites.items() if site.nat is not None),
            FaultKind.CRASH: tuple(self._relays),
            FaultKind.DNS: ("",),
        }
        if form.on not in victims[form.kind]:
            self._source.wrong(where, f"a fault of kind {form.kind} befalls one of: {', '.join(victims[form.kind])}")
        if min(form.at_s, form.lasts_s, form.slower_by_ms) < 0:
            self._source.wrong(where, "times are not negative")
        return ScenarioFault(
            kind=form.kind,
            at_s=form.at_s,
            lasts_s=form.lasts_s,
            measuring=form.measuring,
            on=form.on,
            renumbered=form.renumbered,
            manner=form.manner,
            slower_by_s=form.slower_by_ms / 1000,
        )

    def _truth(self, name: str, form: HostTruthForm) -> HostTruth:
        where: Path = ("truth", name)
        if name not in self._hosts:
            self._source.wrong(where, "there is no such host")
        for relay in (*(form.relays or ()), *((form.home,) if form.home else ())):
            if relay not in self._relays:
                self._source.wrong(where, f"there is no relay called {relay!r}")
        if form.nat_family not in (4, 6):
            self._source.wrong((*where, "nat_family"), "a family is 4 or 6")
        for claim in form.unknowable:
            if claim not in UNKNOWABLE and claim not in GROUPS:
                self._source.wrong((*where, "unknowable"), f"{claim!r} is no field that a report can leave unknown")
        told = {f.name: getattr(form, f.name) for f in fields(HostTruth)}
        for claim in UNKNOWABLE:
            if told[claim] == UNKNOWN:
                self._source.wrong((*where, claim), f"say why nobody there can know it: unknowable.{claim} = ...")
        told["unknowable"] = expanded(form.unknowable, told)
        if not any(protocol in form.unknowable for protocol in MAPPING_CLAIMS):
            told |= unserved(self._hosts[name], self._sites, told)
        return HostTruth(**told)

    def _pair(self, key: str) -> PairTruth:
        where: Path = ("truth", PAIRS, key)
        names = key.split()
        if len(names) != 2 or any(name not in self._hosts for name in names) or names[0] == names[1]:
            self._source.wrong(where, "a pair is the names of two hosts, with a space between them")
        form = self._form.pairs[key]
        return PairTruth(first=names[0], second=names[1], direct=form.direct, by=form.by, findings=form.findings)

    def _must_be_site(self, where: Path, name: str) -> None:
        if name != INTERNET and name not in self._form.sites:
            known = ", ".join((INTERNET, *self._form.sites))
            self._source.wrong(where, f"there is no site called {name!r}", hint=f"sites: {known}")


def _in_order(source: Source, sites: dict[str, SiteForm]) -> dict[str, SiteForm]:
    """Each site behind the one it hangs on."""
    done: dict[str, SiteForm] = {}
    for name, form in sites.items():
        if form.at != INTERNET and form.at not in sites:
            known = ", ".join((INTERNET, *sites))
            source.wrong(("sites", name, "at"), f"there is no site called {form.at!r}", hint=f"sites: {known}")
    while len(done) < len(sites):
        ready = {n: f for n, f in sites.items() if n not in done and (f.at == INTERNET or f.at in done)}
        if not ready:
            stuck = next(name for name in sites if name not in done)
            source.wrong(("sites", stuck, "at"), "the sites hang on each other in a circle")
        done |= ready
    return done
