"""A Linux router's own mapping service, `miniupnpd`: its configuration, and the chains that it puts its rules into.

What it cannot do is refused where scenarios are read (`lab/scenario_mapping.py`). It takes documentation addresses on
the outside for private ones and then opens nothing.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from natscope.errors import CannotMeasure
from natscope.lab.kernel.netns import Space, tool_environment
from natscope.lab.kernel.nftables import INSIDE, OUTSIDE
from natscope.lab.kernel.processes import Processes
from natscope.lab.scenario import Site
from natscope.machines.portmap_router.config import HTTP_PORT, Service, ServiceConfig
from natscope.machines.portmap_router.igd_pages import udn

CHAINS = """
table inet upnp {
  chain forward {
    type filter hook forward priority -10; policy accept;
    jump miniupnpd
  }
  chain miniupnpd { }
  chain prerouting {
    type nat hook prerouting priority -105; policy accept;
    jump prerouting_miniupnpd
  }
  chain prerouting_miniupnpd { }
  chain postrouting {
    type nat hook postrouting priority 90; policy accept;
    jump postrouting_miniupnpd
  }
  chain postrouting_miniupnpd { }
}
"""
"""What its Debian scripts make on a real router."""


def configuration(site: Site, service: ServiceConfig, leases: Path) -> str:
    """Its configuration file."""
    options = {
        "ext_ifname": OUTSIDE,
        "listening_ip": INSIDE,
        "http_port": HTTP_PORT,
        "ipv6_disable": "yes",
        "enable_upnp": _switch(service.speaks(Service.UPNP)),
        "enable_natpmp": _switch(service.speaks(Service.PCP)),
        "secure_mode": "yes",
        "system_uptime": "no",
        "min_lifetime": service.min_lease_s,
        "max_lifetime": service.max_lease_s,
        "uuid": udn(site.gateway, 0).removeprefix("uuid:"),
        "force_igd_desc_v1": _switch(service.upnp.version == 1),
        "upnp_table_name": "upnp",
        "upnp_nat_table_name": "upnp",
        "lease_file": leases,
    }
    rules = [f"allow 1024-65535 {site.lan} 1024-65535", "deny 0-65535 0.0.0.0/0 0-65535"]
    return "\n".join([*(f"{name}={value}" for name, value in options.items()), *rules, ""])


def start_miniupnpd(processes: Processes, space: Space, site: Site, folder: Path) -> None:
    """Beside the kernel's NAT of a site. Raises `CannotMeasure` where it is not installed."""
    assert site.mapping_service is not None
    program = shutil.which("miniupnpd", path=tool_environment()["PATH"])
    if program is None:
        raise CannotMeasure(
            "the scenario wants miniupnpd, which is not installed", hint="install the package miniupnpd-nftables"
        )
    space.nft(CHAINS)
    own = folder / f"{site.name}-miniupnpd"
    own.mkdir(mode=0o700)
    file = own / "miniupnpd.conf"
    file.write_text(configuration(site, site.mapping_service, own / "leases"))
    ready = "HTTP listening on port" if site.mapping_service.speaks(Service.UPNP) else "Listening for NAT-PMP/PCP"
    argv = [program, "-d", "-f", str(file), "-P", str(own / "pid")]
    processes.program(f"{site.name}'s mapping service", space, argv, ready=ready)


def _switch(on: bool) -> str:
    return "yes" if on else "no"
