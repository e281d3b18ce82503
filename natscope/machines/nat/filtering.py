"""Filtering: whose packets may use a mapping besides the flows that exist (RFC 4787 §5, RFC 5382 §4.3).

The remote endpoint of an existing flow is always let in. A policy says whether a mapping lets in an address that has
no flow of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from natscope.machines.nat.table import Binding
from natscope.model.nat import Filtering

Admits: TypeAlias = Callable[[Binding, int], bool]


def filter_function(policy: Filtering) -> Admits:
    """From a binding and a remote address to whether a stranger there may send; `UNKNOWN` is no policy."""
    return _ADMITS[policy]


def _anybody(_binding: Binding, _remote_ip: int) -> bool:
    return True


def _known_addresses(binding: Binding, remote_ip: int) -> bool:
    return remote_ip in binding.addresses


def _known_flows_only(_binding: Binding, _remote_ip: int) -> bool:
    return False


_ADMITS: dict[Filtering, Admits] = {
    Filtering.ENDPOINT_INDEPENDENT: _anybody,
    Filtering.ADDRESS_DEPENDENT: _known_addresses,
    Filtering.ADDRESS_AND_PORT_DEPENDENT: _known_flows_only,
}
