"""Composition roots: each puts one program together from its parts."""
