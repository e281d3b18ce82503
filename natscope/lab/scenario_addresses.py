"""Gives every interface of a scenario its address, so that both beds use the same and truths can name them.

On the internet: routers and hosts 203.0.113.10 and up, relays 192.0.2.101 and up (one a region), servers 198.51.100.10,
.20, … beside 192.0.2.10, .20, …, and 2001:db8::210, ::220, … beside 2001:db8::310, …; the name server has 203.0.113.53.
Behind a translating router: the tenth address of `lan` and up (the router has the first). IPv6: 2001:db8::/64 is the
internet; a site with IPv6 is 2001:db8:0:N::/64, N counted from 1 in order of the sites, its router has ::1, hosts ::10
and up; behind a NAT66 hosts have fd00:db8:0:N::10 and up instead, and ::1 of the former is the public address of all.
What a file gives is taken as it is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from itertools import count

from natscope.lab.scenario import DNS_4, DNS_6, INTERNET, Attachment, SiteIpv6
from natscope.lab.scenario_form import SiteForm
from natscope.lab.scenario_relays import LIE
from natscope.lab.scenario_toml import Path, Source
from natscope.model.endpoint import IPAddress
from natscope.sim.site import local_prefix

INTERNET_4, INTERNET_6 = IPv4Network("203.0.113.0/24"), IPv6Network("2001:db8::/64")
RELAYS_4, SERVERS_4 = IPv4Network("192.0.2.0/24"), IPv4Network("198.51.100.0/24")
FIRST_HOST, FIRST_RELAY, SERVER_STEP = 10, 100, 10
SMALL_LAN = 32
"""A `lan` with fewer addresses gives them from the second on."""
MAX_RELAYS, MAX_SERVERS = 99, 4


class Addresses:
    """One plan. Sites are entered in order, each before what hangs on it. Mistakes raise `UserError`."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._used: dict[tuple[str, IPAddress], str] = {}
        self._lans: dict[str, IPv4Network] = {}
        self._owners: dict[str, str] = {INTERNET: INTERNET}
        """Where the hosts of a site get their IPv4 addresses from: the site itself, one above, or the internet."""
        self._prefixes: dict[str, IPv6Network] = {INTERNET: INTERNET_6}
        self._routed: dict[str, IPv6Network] = {}
        self._next: dict[tuple[str, int], Iterator[int]] = {}
        for ip in (DNS_4, DNS_6, LIE):
            self._used[INTERNET, ip] = "somebody else"

    def site(self, name: str, form: SiteForm, *, translates: bool) -> tuple[IPv4Address, ...]:
        """Enter a site; its addresses above: several for a NAT with a pool."""
        where: Path = ("sites", name)
        if form.external and form.count != 1:
            self._source.wrong((*where, "count"), "give the addresses (external) or how many (count), not both")
        wanted = len(form.external) or form.count
        if not 1 <= wanted <= 64 or (wanted > 1 and not translates):
            self._source.wrong((*where, "count"), "a NAT has 1 to 64 public addresses, any other router one")
        above = tuple(
            self._take_4(form.at, (*where, "external"), form.external[i] if form.external else None, name)
            for i in range(wanted)
        )
        self._owners[name] = name if translates else self._owners[form.at]
        if translates:
            lan = self._network(form.lan, (*where, "lan"))
            self._lans[name] = lan
            self._used[name, lan.network_address + 1] = f"the router {name}"
        if form.ipv6 is not SiteIpv6.NONE:
            if form.at not in self._prefixes:
                self._source.wrong((*where, "ipv6"), f"there is no IPv6 at {form.at}")
            routed = IPv6Network(((int(INTERNET_6.network_address) + (len(self._prefixes) << 64)), 64))
            self._routed[name] = routed
            self._prefixes[name] = local_prefix(routed) if form.ipv6 is SiteIpv6.NAT66 else routed
        return above

    def lan(self, site: str) -> IPv4Network | None:
        """The site's own IPv4 prefix."""
        return self._lans.get(site)

    def prefix(self, site: str) -> IPv6Network | None:
        """The site's IPv6 prefix."""
        return self._prefixes.get(site)

    def routed_6(self, site: str) -> IPv6Network | None:
        """What the internet knows of the site's IPv6: another prefix than its own where that is translated."""
        return self._routed.get(site)

    def interface(self, host: str, site: str, where: Path, ipv4: bool | str, ipv6: bool | str) -> Attachment:
        """A host's addresses at a site."""
        found_4 = None
        if ipv4 is not False:
            found_4 = self._take_4(site, (*where, "ipv4"), ipv4 if isinstance(ipv4, str) else None, host)
        found_6 = None
        if isinstance(ipv6, str) or (ipv6 and site in self._prefixes):
            found_6 = self._take_6(site, (*where, "ipv6"), ipv6 if isinstance(ipv6, str) else None, host)
        if found_4 is None and found_6 is None:
            self._source.wrong(where, f"it has no address at {site}")
        return Attachment(at=site, ipv4=found_4, ipv6=found_6)

    def relay(self, name: str, region_id: int, at: str, *, ipv6: bool) -> tuple[IPv4Address, IPv6Address | None]:
        """A relay's; one that stands in a site has addresses as a host has."""
        if region_id > MAX_RELAYS:
            self._source.wrong(("relays", name), f"there are at most {MAX_RELAYS} relays")
        if at != INTERNET:
            inside = self.interface(name, at, ("relays", name), True, ipv6)
            assert inside.ipv4 is not None
            return inside.ipv4, inside.ipv6
        number = FIRST_RELAY + region_id
        return RELAYS_4.network_address + number, INTERNET_6.network_address + (0x100 + region_id) if ipv6 else None

    def server(self, name: str, number: int) -> tuple[tuple[IPv4Address, IPv4Address], tuple[IPv6Address, IPv6Address]]:
        """A server's two, and two of IPv6; `number` counts from 1."""
        if number > MAX_SERVERS:
            self._source.wrong(("servers", name), f"there are at most {MAX_SERVERS} servers")
        step, hexadecimal = SERVER_STEP * number, 0x10 * number
        four = SERVERS_4.network_address + step, RELAYS_4.network_address + step
        return four, (
            INTERNET_6.network_address + (0x200 + hexadecimal),
            INTERNET_6.network_address + (0x300 + hexadecimal),
        )

    def _take_4(self, site: str, where: Path, wanted: str | None, owner: str) -> IPv4Address:
        """An IPv4 address for something that hangs on a site."""
        place = self._owners[site]
        network = self._lans.get(place)
        if wanted is not None:
            ip = self._address(wanted, 4, where)
            if network is not None and ip not in network:
                self._source.wrong(where, f"{ip} is not in {network}")
            self._reserve(place, ip, where, owner)
            return IPv4Address(int(ip))
        first = FIRST_HOST if network is None or network.num_addresses > SMALL_LAN else 2
        numbers = self._next.setdefault((place, 4), count(first))
        inside = network or INTERNET_4
        found = next(ip for n in numbers if (place, ip := inside.network_address + n) not in self._used)
        if found not in inside or found == inside.broadcast_address:
            self._source.wrong(where, "no IPv4 address is left there")
        self._reserve(place, found, where, owner)
        return found

    def _take_6(self, site: str, where: Path, wanted: str | None, owner: str) -> IPv6Address:
        network = self._prefixes.get(site)
        if network is None:
            self._source.wrong(where, f"there is no IPv6 at {site}")
        if wanted is None:
            first = 0x200 if site == INTERNET else 0x10
            ip: IPAddress = network.network_address + next(self._next.setdefault((site, 6), count(first)))
        else:
            ip = self._address(wanted, 6, where)
            if ip not in network:
                self._source.wrong(where, f"{ip} is not in {network}")
        self._reserve(site, ip, where, owner)
        return IPv6Address(int(ip))

    def _reserve(self, place: str, ip: IPAddress, where: Path, owner: str) -> None:
        other = self._used.setdefault((place, ip), owner)
        if other != owner:
            self._source.wrong(where, f"{ip} is used by {other}")

    def _address(self, text: str, family: int, where: Path) -> IPAddress:
        try:
            ip = ipaddress.ip_address(text)
        except ValueError:
            self._source.wrong(where, f"{text!r} is no IP address")
        if ip.version != family:
            self._source.wrong(where, f"{text} is no IPv{family} address")
        return ip

    def _network(self, text: str, where: Path) -> IPv4Network:
        try:
            network = IPv4Network(text)
        except ValueError:
            self._source.wrong(where, f"{text!r} is no IPv4 prefix such as 192.168.1.0/24")
        if network.num_addresses < 8:
            self._source.wrong(where, f"{text} is too small: at least a /29")
        return network
