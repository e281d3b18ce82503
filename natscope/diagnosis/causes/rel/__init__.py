"""Relays and the map that names them."""
