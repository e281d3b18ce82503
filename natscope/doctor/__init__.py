"""Looks at this computer, at natscope itself and at a tailscaled, check by check, each with its fix."""
