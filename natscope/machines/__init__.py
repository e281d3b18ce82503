"""Decisions without I/O: input and the time go in, commands and events come out."""
