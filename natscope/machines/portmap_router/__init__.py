"""The mapping service of a router: NAT-PMP, PCP and UPnP IGD on one table of opened ports, with routers' quirks."""
