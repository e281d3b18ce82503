"""Values of settings by name, each as the type that its kind promises."""

from __future__ import annotations

from collections.abc import Mapping

from natscope.apps.settings import Value


class TypedValues:
    """For whoever has `values`, which were checked against their settings already."""

    __slots__ = ()
    values: Mapping[str, Value]

    def text(self, name: str) -> str:
        """A text, place, file or choice."""
        value = self.values[name]
        assert isinstance(value, str), name
        return value

    def switch(self, name: str) -> bool:
        """A switch."""
        value = self.values[name]
        assert isinstance(value, bool), name
        return value

    def number(self, name: str) -> float:
        """A number."""
        value = self.values[name]
        assert isinstance(value, int | float), name
        return float(value)

    def names(self, name: str) -> tuple[str, ...]:
        """A list of names."""
        value = self.values[name]
        assert isinstance(value, tuple), name
        return value
