"""The machine that we run on, as an interface."""
