"""What a running tailscaled says over its local socket, as values (upstream ipn/localapi, ipn/ipnstate)."""
