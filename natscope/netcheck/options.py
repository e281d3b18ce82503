"""What a user may ask of a netcheck, as values."""

from __future__ import annotations

import msgspec

FULL = "full"
MAX_TIMEOUT_S = 60.0
"""Of a run without slow probes."""


class NetcheckOptions(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `timeout_s` is the limit of the run, never above 60; slow probes may go on until `limit_s`.

    `families` 4 and/or 6; `interface` binds every socket to it; `source_port` is the local UDP port (0: any);
    `bind_address` a local address (upstream's `--bind-address`). `only`/`skip` are probe names. `gentle` sends a
    quarter as fast and one sample a relay. `https`/`icmp` measure those for every relay, not just for silent ones.
    `hairpin`, `lifetime` and `udp_rate` measure what the profile full measures too: calling one's own public address,
    how long mappings live, from which rate on UDP is dropped. `cross_check` asks another program for a second opinion
    on the router.
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
    hairpin: bool = False
    lifetime: bool = False
    udp_rate: bool = False
    cross_check: bool = False
    timeout_s: float = 5.0
    limit_s: float = 0.0

    @property
    def whole_s(self) -> float:
        """The limit of everything, slow probes and those that come last too."""
        return max(self.timeout_s, self.limit_s)


LIFETIME_PROBE, HAIRPIN_PROBE, CROSS_CHECK_PROBE = "nat_lifetime", "nat_hairpin", "nat_cross_check"
RATE_PROBE = "udp_rate"
HAIRPIN_S = 4.0
"""What a probe that comes last may take beyond the usual limit."""
RATE_S = 25.0
CROSS_CHECK_S = 16.0
LIFETIME_S = 110.0
"""The limit of a run that measures lifetimes: its probe takes 90 seconds at most."""


def with_limit(options: NetcheckOptions, *, timeout_given: bool = False) -> NetcheckOptions:
    """The options with the limit that their slow probes need, unless the user gave a time limit: that holds for all.

    A limit above 60 s is one for slow probes; the others then end after the usual 5 s as ever.
    """
    slow = options.lifetime or options.profile == FULL or LIFETIME_PROBE in options.only
    rate_s = RATE_S if options.udp_rate or options.profile == FULL or RATE_PROBE in options.only else 0.0
    if CROSS_CHECK_PROBE in options.only:
        options = msgspec.structs.replace(options, cross_check=True)
    other_s = CROSS_CHECK_S if options.cross_check else 0.0
    usual_s = NetcheckOptions().timeout_s
    if timeout_given:
        given_s = options.whole_s  # so that limiting twice is limiting once
        timeout_s = usual_s if slow and given_s > MAX_TIMEOUT_S else given_s
        return msgspec.structs.replace(options, timeout_s=timeout_s, limit_s=given_s)
    if slow:
        return msgspec.structs.replace(options, limit_s=LIFETIME_S + rate_s + other_s)
    last = options.hairpin or HAIRPIN_PROBE in options.only
    extra_s = rate_s + (HAIRPIN_S if last else 0.0) + other_s
    return msgspec.structs.replace(options, limit_s=options.timeout_s + extra_s if extra_s else 0.0)


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
