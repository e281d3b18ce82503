"""How a router translates IPv4."""
