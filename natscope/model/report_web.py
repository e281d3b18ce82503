"""The report's part about the way to relays over TCP: proxies, clocks, certificates, each relay looked at by itself."""

from __future__ import annotations

import enum

import msgspec

from natscope.model.tri import Tri


class ProxySetting(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy, or a script that names proxies, that this host is set to use. `where`: which variable or settings.

    `kind`: `http`, `https`, `socks`, `pac` (a script), `wpad` (search the network for one), `other`. `url` is without
    credentials. `followed`: whether natscope asks it; else `reason` says why not.
    """

    where: str
    kind: str
    url: str
    followed: bool
    reason: str = ""


class RelayStep(enum.StrEnum):
    """How far a look at a relay over TCP got. `NAME`: its name was not found; `ANSWERED`: all of it."""

    NAME = "name"
    CONNECT = "connect"
    TLS = "tls"
    CERTIFICATE = "certificate"
    HTTP = "http"
    ANSWERED = "answered"


class NodeCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One relay node over one family. `failed_at` is None where all went well; `error` is a stable code.

    `issuer` and `names` are those of its certificate, `days_left` until that runs out. `pinned`: the map pins it.
    `status` is HTTP's for the latency check, `port80` what its plain port said: `answers`, `redirects`, `tls`, `other`,
    `closed`, `silent`, empty where it was not asked. `clock_off_s`: its clock against ours, positive when it is ahead.
    `upgrade`: HTTP's status for who wants to become a relay client, 101 where all is well; `upgrade_left_out` is that
    of the same request without the upgrade, where it was asked.
    """

    region_id: int
    node: str
    family: int
    target: str
    reached: RelayStep
    failed_at: RelayStep | None = None
    error: str = ""
    message: str = ""
    connect_ms: float | None = None
    tls_ms: float | None = None
    request_ms: float | None = None
    tls_version: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    days_left: float | None = None
    pinned: bool = False
    public_issuer: Tri = Tri.UNKNOWN
    status: int | None = None
    port80: str = ""
    clock_off_s: float | None = None
    upgrade: int | None = None
    upgrade_left_out: int | None = None
    evidence: tuple[str, ...] = ()


class WebReport(msgspec.Struct, frozen=True, kw_only=True):
    """The way to relays over TCP. `reasons` says per field why it is unknown.

    `proxy`: does the proxy that applies to relays let connections through; `relay_by_proxy`: does a relay answer
    through it; `proxy_status` is the HTTP status of its refusal. `direct`: do relays answer over TCP without one.
    `clock`: does this host's clock agree with the relays' (`clock_off_s`: how far theirs are ahead, the median).
    `wrong_clocks` are relays whose own clock is wrong. `intercepted`: does somebody open TLS on the way; by `issuer`.
    `plain_intercepted`: does somebody answer plain web requests in relays' place, be it no login page but a proxy.
    `portal_urls`: login pages that the network announces (RFC 8910). `nodes`: every relay, where they were asked.
    """

    proxies: tuple[ProxySetting, ...] = ()
    proxy: Tri = Tri.UNKNOWN
    proxy_status: int | None = None
    proxy_url: str = ""
    relay_by_proxy: Tri = Tri.UNKNOWN
    relay_by_proxy_ms: float | None = None
    direct: Tri = Tri.UNKNOWN
    clock: Tri = Tri.UNKNOWN
    clock_off_s: float | None = None
    wrong_clocks: tuple[str, ...] = ()
    intercepted: Tri = Tri.UNKNOWN
    issuer: str = ""
    portal_urls: tuple[str, ...] = ()
    plain_intercepted: Tri = Tri.UNKNOWN
    nodes: tuple[NodeCheck, ...] = ()
    reasons: dict[str, str] = {}
    evidence: dict[str, tuple[str, ...]] = {}
