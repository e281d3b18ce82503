"""How many bytes and packets went which way, from the daemon's Prometheus page.

Source: upstream wgengine/magicsock/magicsock.go (user metrics); one `path` label for each way.
"""

from __future__ import annotations

import re

from natscope.model.mesh_path import Traffic

MAX_BYTES = 1 << 20
_LINE = re.compile(
    r'^tailscaled_(in|out)bound_(bytes|packets)_total\{(?:[^}]*,)?path="([a-z0-9_]{1,40})"[^}]*\} ([0-9.e+]{1,30})$'
)


def decode_traffic(page: bytes) -> dict[str, Traffic]:
    """By path, as the daemon names it: `derp`, `direct_ipv4`, `peer_relay_ipv6` …; empty where it tells none."""
    sums: dict[str, dict[str, int]] = {}
    for line in page[:MAX_BYTES].decode(errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        direction, what, path, value = match.groups()
        try:
            amount = int(float(value))
        except (ValueError, OverflowError):
            continue
        row = sums.setdefault(path, {})
        name = f"{what}_{direction}"
        row[name] = row.get(name, 0) + amount
    return {path: Traffic(**row) for path, row in sums.items()}
