"""The built-in probes: one file each."""
