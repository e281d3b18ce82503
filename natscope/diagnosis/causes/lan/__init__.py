"""Inside one local network."""
