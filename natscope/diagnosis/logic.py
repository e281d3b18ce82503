"""Three-valued logic (Kleene): unknown stays unknown unless the rest decides alone."""

from __future__ import annotations

from natscope.model.tri import Tri


def negate(answer: Tri) -> Tri:
    """Not: unknown stays unknown."""
    if answer is Tri.UNKNOWN:
        return Tri.UNKNOWN
    return Tri.NO if answer is Tri.YES else Tri.YES


def all_of(*answers: Tri) -> Tri:
    """And: one no decides, else one unknown makes it unknown; yes for nothing at all."""
    if Tri.NO in answers:
        return Tri.NO
    return Tri.UNKNOWN if Tri.UNKNOWN in answers else Tri.YES


def any_of(*answers: Tri) -> Tri:
    """Or: one yes decides, else one unknown makes it unknown; no for nothing at all."""
    if Tri.YES in answers:
        return Tri.YES
    return Tri.UNKNOWN if Tri.UNKNOWN in answers else Tri.NO
