"""The DERP relay as a program. What it decides is in `natscope.machines.derp`."""
