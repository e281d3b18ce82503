"""Port mapping: what the router opens when it is asked."""
