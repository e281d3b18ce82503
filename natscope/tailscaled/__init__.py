"""Reads a running tailscaled through its LocalAPI."""
