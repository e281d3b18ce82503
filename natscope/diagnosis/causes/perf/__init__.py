"""Slow, though connected."""
