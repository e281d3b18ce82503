"""What tools print about the rules of a packet filter, as values."""
