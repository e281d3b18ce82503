"""The client of port mapping services: PCP, NAT-PMP and UPnP IGD as decisions without I/O."""
