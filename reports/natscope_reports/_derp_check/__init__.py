"""The terminal page of a check of relays, one part a file."""
