"""What a third party may import: probes and report formats."""
