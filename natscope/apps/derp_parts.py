"""The pieces that a relay is put together from, each made from its configuration."""

from __future__ import annotations

import math

from natscope.errors import UserError
from natscope.host.api import Host
from natscope.host.real.relay_listen import TcpTimes
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.settings import FrontLimits, RelaySettings
from natscope.relay.admission import AskedAdmission
from natscope.relay.config import LimitsConfig, MeshConfig, RelayConfig, TlsMode
from natscope.relay.key_file import KeyFile, load_or_make
from natscope.relay.log import Level, Log
from natscope.relay.mesh import MeshLinks
from natscope.relay.mesh_key import load_mesh_keys
from natscope.relay.mesh_peers import MeshPeer, parse_mesh_peers
from natscope.relay.seams import Certificates
from natscope.wire.keys import PrivateKey


def make_admission(config: RelayConfig, host: Host, log: Log) -> AskedAdmission | None:
    """Who decides about clients; None lets everybody in. Raises `UserError`."""
    if not (config.admission.tailscaled or config.admission.url):
        return None
    from natscope.apps.derp_admission import build_admission

    return build_admission(config.admission, host, log)


def make_certificates(
    config: RelayConfig, private: PrivateKey, host: Host, log: Log, pages: Pages
) -> Certificates | None:
    """The certificate as configured; None for plain HTTP. HTTP-01 answers go into `pages.challenges`."""
    tls = config.tls
    if tls.mode is TlsMode.OFF:
        return None
    if tls.mode is TlsMode.ACME:
        from natscope.apps.derp_acme import build_acme

        return build_acme(config, private, host, log, pages)
    from natscope.apps.derp_certificates import build_files

    return build_files(config, private, host, log)


def make_mesh(config: RelayConfig, private: PrivateKey, host: Host, log: Log) -> MeshLinks | None:
    """Links to the other relays of the region; None for a relay that stands alone. Raises `UserError`."""
    peers, keys = mesh_of(config.mesh)
    return MeshLinks(host, private, keys[0], peers, log) if peers else None


def mesh_of(config: MeshConfig) -> tuple[tuple[MeshPeer, ...], tuple[bytes, ...]]:
    """The other relays, and the keys of the region. Raises `UserError` and `CannotMeasure`."""
    peers, keys = parse_mesh_peers(config.peers), load_mesh_keys(config)
    if peers and not keys:
        raise UserError("--mesh-with needs the mesh key that the relays share", hint="--mesh-key-file FILE")
    return peers, keys


def relay_key(config: RelayConfig, host: Host, log: Log) -> KeyFile:
    """The relay's own key, made where there is none. Raises `UserError` and `CannotMeasure`."""
    random = host.rng.bytes(32)
    if not config.key_file:
        return KeyFile(PrivateKey(random), is_new=True)
    key = load_or_make(config.key_file, random)
    if key.warning:
        log.say("key-file", key.warning, Level.WARNING)
    if key.is_new:
        log.say("key-file", f"new relay key, kept in {config.key_file}")
    return key


def relay_settings(config: RelayConfig) -> RelaySettings:
    """What the machine is told. Raises `UserError` and `CannotMeasure`."""
    keys = load_mesh_keys(config.mesh)
    return RelaySettings(
        write_limit_s=config.limits.write_timeout_s, mesh_key=keys[0] if keys else b"", other_mesh_keys=keys[1:]
    )


def front_limits(limits: LimitsConfig) -> FrontLimits:
    """What strangers may take. Without a burst as many may come at once as in a second."""
    rate = limits.accept_rate or math.inf
    return FrontLimits(accepts_per_s=rate, accept_burst=limits.accept_burst or math.ceil(limits.accept_rate))


def tcp_times(limits: LimitsConfig) -> TcpTimes:
    """How the system notices dead connections."""
    return TcpTimes(limits.tcp_keepalive_s, limits.tcp_user_timeout_s)


def make_pages(config: RelayConfig) -> Pages:
    """What plain HTTP is answered."""
    return Pages(
        home=config.home or "default",
        behind_proxy=config.tls.mode is TlsMode.OFF,
        is_relay=config.is_relay,
        challenges={},
    )
