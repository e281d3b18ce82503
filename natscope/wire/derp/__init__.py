"""DERP version 2: frames, the greeting, the HTTP upgrade. Source: upstream derp/derp.go, derp/derphttp."""
