"""Values that every part shares: frozen, without I/O."""
