"""Port mapping: NAT-PMP (RFC 6886), PCP (RFC 6887), UPnP IGD (SSDP, device descriptions, SOAP)."""
