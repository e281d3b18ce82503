"""Bytes to values and back: stateless codecs, one table per message."""
