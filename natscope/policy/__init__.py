"""Expectations about a network in a file, and whether reports meet them. Pure."""
