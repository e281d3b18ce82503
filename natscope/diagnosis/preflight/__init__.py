"""What a netcheck means for a mesh VPN that is not installed yet: which peers will be direct, what to ask for. Pure."""
