"""Mapping: for which destinations one internal endpoint keeps one external endpoint (RFC 4787 §4.1, RFC 5382 §4.1).

A policy is a function that makes the key of a mapping from a flow; flows with equal keys share the mapping.
`NONE` translates nothing and keys like endpoint-independent mapping: a firewall remembers who sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from natscope.model.nat import Mapping

Key: TypeAlias = tuple[int, ...]
KeyOf: TypeAlias = Callable[[int, int, int, int, int], Key]


def key_function(policy: Mapping) -> KeyOf:
    """From protocol, source, source port, destination, destination port to the key; `UNKNOWN` is no policy."""
    return _KEYS[policy]


def _endpoint_independent(proto: int, src: int, sport: int, _dst: int, _dport: int) -> Key:
    return proto, src, sport


def _address_dependent(proto: int, src: int, sport: int, dst: int, _dport: int) -> Key:
    return proto, src, sport, dst


def _address_and_port_dependent(proto: int, src: int, sport: int, dst: int, dport: int) -> Key:
    return proto, src, sport, dst, dport


def _port_dependent(proto: int, src: int, sport: int, _dst: int, dport: int) -> Key:
    return proto, src, sport, dport


_KEYS: dict[Mapping, KeyOf] = {
    Mapping.ENDPOINT_INDEPENDENT: _endpoint_independent,
    Mapping.ADDRESS_DEPENDENT: _address_dependent,
    Mapping.ADDRESS_AND_PORT_DEPENDENT: _address_and_port_dependent,
    Mapping.PORT_DEPENDENT: _port_dependent,
    Mapping.NONE: _endpoint_independent,
}
