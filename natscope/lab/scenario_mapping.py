"""The mapping service of a site: the table `mapping_service` of a scenario file.

    [sites.home]
    mapping_service = { protocols = ["upnp"], upnp = { leases = "permanent-only" } }

Keys, all optional; what they mean in full stands in `machines.portmap_router.config`:

- `protocols` [all]: `nat-pmp`, `pcp`, `upnp`; `manner` [open]: `open`, `refused` (it is there and opens nothing),
  `network-failure` (its WAN is down), `unsupported-version`; `external`: the address that it tells, [the true one];
  `capacity` [256] ports, 0 is out of resources at once; `min_lease_s` [1] and `max_lease_s` [86400]; `taken`: external
  ports that another host has; `late_ms` [0]: every answer waits so long; `up_s` [0]: so long
  its table has lived when the lab starts; `for_others` [false]: a host may open ports
  for another one; `other_versions` [true]: NAT-PMP alone answers PCP by a version error, and the other way round;
  `announces` [true]: a restart is told to 224.0.0.1; `pinholes` [false]: PCP opens the site's IPv6 firewall too.
- `upnp`: `version` [1] of the device, 1 or 2; `services` [the usual one]: `wan-ip-2`, `wan-ip-1`, `wan-ppp-1`,
  `dslforum-ip`, `dslforum-ppp`, several or none; `first_down` [false]: the first of several has no connection; `leases`
  [any]: `any`, `permanent-only` (error 725), `invalid-args` (402 for a lease that ends); `searches` [both]: `both`,
  `multicast-only`, `unicast-only` are answered; `search_port` [1900]: where answers to searches come from;
  `useless_first` [false]: `ssdp:all` finds only another device in the same box; `location_host`: an address that
  stands in LOCATION instead of the gateway; `urls` [relative]: `relative`, `absolute`, `url-base`; `same_port` [false]:
  internal and external port must be equal (724); `next_host` [false]: what a host asks for is opened for the address
  behind its own; `name`, `maker`, `model`: what its description calls it, and `server` what answers to searches do.

It needs a site that translates. Beside a NAT of the kernel (`kernel_nat`) the kernel bed runs Debian's `miniupnpd`.
That has no quirks: `protocols` without one of `nat-pmp` and `pcp` alone, leases and `upnp.version` may be given;
and the site's `external` address must not be a documentation one, which miniupnpd takes for private.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from natscope.lab.scenario import INTERNET, ScenarioHost, Site
from natscope.lab.scenario_form import MappingServiceForm, SiteForm, UpnpForm
from natscope.lab.scenario_nat import GUARDED
from natscope.lab.scenario_toml import Path, Source
from natscope.lab.scenario_truth import MappingTruth
from natscope.machines.portmap_router.config import Service, ServiceConfig, UpnpConfig, WanService

_CALLED = ("name", "maker", "model", "server")
_USUAL = {1: (WanService.IP_1,), 2: (WanService.IP_2,)}


MAPPING_CLAIMS = ("upnp", "nat_pmp", "pcp", "pcp_v6")


def unserved(host: ScenarioHost, sites: Mapping[str, Site], told: Mapping[str, Any]) -> dict[str, MappingTruth]:
    """`no` for what a file does not claim, where no router of the host has a mapping service; a tunnel is no router."""
    ways = [sites[at.at] for at in host.interfaces if at.at != INTERNET]
    if any(site.mapping_service is not None or site.tunnel for site in ways):
        return {}
    return {claim: MappingTruth.NO for claim in MAPPING_CLAIMS if told[claim] is None}


def mapping_service_of(source: Source, name: str, form: SiteForm, *, may: bool) -> ServiceConfig | None:
    """The configuration of a site's service, None without; `may`: the site translates. Raises `UserError`."""
    given = form.mapping_service
    if given is None:
        return None
    where: Path = ("sites", name, "mapping_service")
    if not may:
        source.wrong(where, "a mapping service opens ports in a NAT, and this site does not translate (see nat)")
    try:
        config = _config(source, where, given)
    except ValueError as error:
        source.wrong(where, str(error))
    if config.pinholes and form.ipv6 not in GUARDED:
        source.wrong((*where, "pinholes"), "there is no IPv6 firewall to open (see ipv6)")
    if form.kernel_nat is not None:
        _check_miniupnpd(source, where, config, form)
    return config


def _check_miniupnpd(source: Source, where: Path, config: ServiceConfig, form: SiteForm) -> None:
    """Only what miniupnpd can be told."""
    usual = UpnpConfig(version=config.upnp.version, services=_USUAL[config.upnp.version])
    shortest, longest = config.min_lease_s, config.max_lease_s
    plain = ServiceConfig(protocols=config.protocols, min_lease_s=shortest, max_lease_s=longest, upnp=usual)
    if config != plain:
        source.wrong(where, "miniupnpd, the mapping service beside a NAT of the kernel, has no such options")
    if config.speaks(Service.NAT_PMP) is not config.speaks(Service.PCP):
        source.wrong(where, "miniupnpd speaks NAT-PMP and PCP, or neither")
    if not form.external or any(_is_reserved(text) for text in form.external):
        words = "miniupnpd opens no ports on a documentation address: give the site others, such as 11.0.0.1"
        source.wrong(where, words, hint='external = ["11.0.0.1"]')


def _is_reserved(text: str) -> bool:
    try:
        return not IPv4Address(text).is_global
    except ValueError:
        return False  # told where addresses are read


def _config(source: Source, where: Path, form: MappingServiceForm) -> ServiceConfig:
    return ServiceConfig(
        protocols=form.protocols,
        manner=form.manner,
        external=_address(source, (*where, "external"), form.external),
        capacity=form.capacity,
        min_lease_s=form.min_lease_s,
        max_lease_s=form.max_lease_s,
        taken=form.taken,
        late_s=form.late_ms / 1000,
        up_s=form.up_s,
        for_others=form.for_others,
        other_versions=form.other_versions,
        announces=form.announces,
        pinholes=form.pinholes,
        upnp=_upnp(source, (*where, "upnp"), form.upnp),
    )


def _upnp(source: Source, where: Path, form: UpnpForm) -> UpnpConfig:
    told = {name: text for name in _CALLED if (text := getattr(form, name)) is not None}
    return UpnpConfig(
        **told,
        version=form.version,
        services=_USUAL.get(form.version, ()) if form.services is None else form.services,
        first_down=form.first_down,
        leases=form.leases,
        searches=form.searches,
        search_port=form.search_port,
        useless_first=form.useless_first,
        location_host=_address(source, (*where, "location_host"), form.location_host),
        urls=form.urls,
        same_port=form.same_port,
        next_host=form.next_host,
    )


def _address(source: Source, where: Path, text: str) -> IPv4Address | None:
    if not text:
        return None
    try:
        return IPv4Address(text)
    except ValueError:
        source.wrong(where, f"{text!r} is no IPv4 address")
