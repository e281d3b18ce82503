"""The netcheck: plan, run, assemble."""
