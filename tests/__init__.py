"""Tests mirror the tree; see CONTRIBUTING.md.

This file makes `tests` a regular package: one of our dependencies installs a top-level `tests` of its own, which would
otherwise win over this folder.
"""
