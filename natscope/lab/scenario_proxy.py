"""The HTTP proxy of a site: which host serves it, and what the site's other hosts find in their environment."""

from __future__ import annotations

from natscope.lab.http_proxy import PORT
from natscope.lab.scenario import Scenario, ScenarioHost, Site
from natscope.model.endpoint import Endpoint, IPAddress


def proxy_of(scenario: Scenario, host: ScenarioHost) -> Endpoint | None:
    """Where a host finds the proxy of its site; None for the proxy itself, and where there is none."""
    site = scenario.sites.get(host.at)
    if site is None or not site.http_proxy or site.http_proxy == host.name:
        return None
    ip = proxy_address(scenario, site)
    return None if ip is None else Endpoint(ip, PORT)


def proxy_address(scenario: Scenario, site: Site) -> IPAddress | None:
    """The proxy's address inside the site."""
    interfaces = scenario.hosts[site.http_proxy].interfaces
    return next((i.ipv4 for i in interfaces if i.at == site.name), None)


def proxies_on(scenario: Scenario, host: ScenarioHost) -> tuple[Site, ...]:
    """The sites whose proxy a host is."""
    return tuple(site for site in scenario.sites.values() if site.http_proxy == host.name)


def environment(scenario: Scenario, host: ScenarioHost) -> dict[str, str]:
    """The proxy variables of a host."""
    at = proxy_of(scenario, host)
    return {} if at is None else dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), f"http://{at}")
