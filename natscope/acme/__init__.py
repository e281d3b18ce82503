"""A certificate by ACME, kept in a folder and renewed in time; what is decided is in `natscope.machines.acme`."""
