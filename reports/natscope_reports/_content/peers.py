"""Whom one reaches directly from here: the kinds of peers that were predicted for the report, easiest first."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.model.preflight import PeerForecast, PeerKind
from natscope_reports._content.table import Cell, Table

_PATHS = {"direct": ("direct", "good"), "relay": ("relayed", "bad")}
_UNKNOWN = ("not known", "")


def peers_table(peers: Sequence[PeerForecast]) -> Table:
    """A row for each kind; none where nothing is known but of peers that are relayed anyway."""
    told = any(peer.path in _PATHS for peer in peers if peer.kind is not PeerKind.BLOCKED)
    rows = [(Cell(peer.name), Cell(*_PATHS.get(peer.path, _UNKNOWN)), Cell(peer.reason)) for peer in peers if told]
    return Table("peers", "Whom you reach directly", ("Kind of peer", "From here", "Why"), tuple(rows))
