"""Tests of what one node of a mesh knows."""
