"""Tests of what a tailscaled says over its local socket."""
