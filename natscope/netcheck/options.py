"""What a user may ask of a netcheck, as values."""

from __future__ import annotations

import msgspec


class NetcheckOptions(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `timeout_s` is the limit of the whole run, never above 60.

    `families` 4 and/or 6; `interface` binds every socket to it; `source_port` is the local UDP port (0: any);
    `bind_address` a local address (upstream's `--bind-address`). `only`/`skip` are probe names. `gentle` sends a
    quarter as fast and one sample a relay. `https`/`icmp` measure those for every relay, not just for silent ones.
    """

    families: tuple[int, ...] = (4, 6)
    interface: str = ""
    source_port: int = 0
    bind_address: str = ""
    profile: str = "default"
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    gentle: bool = False
    https: bool = False
    icmp: bool = False
    timeout_s: float = 5.0


class MapChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Where the relay map comes from.

    `where`: a URL, a file name, `-` for standard input, or empty: the running tailscaled when its socket answers,
    else `default_url`. `socket` is the LocalAPI socket (empty: the platform's). `cache_dir` keeps fetched maps.
    `offline` uses the cache only. `use_tailscaled` False never asks the daemon.
    """

    where: str = ""
    default_url: str = "https://controlplane.tailscale.com/derpmap/default"
    socket: str = ""
    cache_dir: str = ""
    offline: bool = False
    use_tailscaled: bool = True
    timeout_s: float = 10.0
    max_bytes: int = 4 * 1024 * 1024
