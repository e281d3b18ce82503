"""The one table of a relay's settings: name, kind, default, help, the flag that sets it.

The options of `natscope derp serve`, its configuration file, `--print-config` and its error messages are made from it.
A name with a dot stands in a table of the file: `stun.rate` is `rate` in `[stun]`.
"""

from __future__ import annotations

from dataclasses import dataclass

from natscope.apps.settings import Setting
from natscope.relay.config import AdmissionConfig, LimitsConfig, StunConfig


@dataclass(frozen=True, slots=True)
class RelaySetting(Setting):
    """`flag` is the option of `natscope derp serve`, empty for what only a file (or a flag of derper's) sets."""

    flag: str = ""


_ADMISSION, _LIMITS = AdmissionConfig(), LimitsConfig()
MAX_WORKERS = 64
_PLACE = "ADDRESS:PORT|:PORT"
_TLS = ("auto", "off", "files", "self-signed", "acme")

SETTINGS: tuple[RelaySetting, ...] = (
    RelaySetting(
        "listen", "names", (":443",), "where clients come in, may be repeated", metavar=_PLACE, flag="--listen"
    ),
    RelaySetting(
        "http",
        "text",
        ":80",
        "the plain port beside TLS: login page checks, ACME, a redirect",
        metavar=f"{_PLACE}|off",
        flag="--http",
    ),
    RelaySetting("hostname", "text", "", "the name or address that clients know", metavar="NAME", flag="--hostname"),
    RelaySetting(
        "key_file",
        "file",
        "",
        "the relay's private key, made when missing; - for a new one each time",
        metavar="FILE",
        flag="--key-file",
    ),
    RelaySetting("metrics", "text", "", "Prometheus page over HTTP", metavar="ADDRESS:PORT", flag="--metrics"),
    RelaySetting(
        "trusted_proxies",
        "names",
        ("127.0.0.0/8", "::1"),
        "whose X-Forwarded-For is believed, addresses and networks",
        metavar="NETWORK,…",
    ),
    RelaySetting("home", "text", "", 'the page at /: empty for ours, "blank", or a URL to go to', metavar="URL|blank"),
    RelaySetting("relay", "switch", True, "false keeps the pages and refuses to relay"),
    RelaySetting(
        "drain", "number", 5.0, "seconds to let clients go at the end", high=600, metavar="SECONDS", flag="--drain"
    ),
    RelaySetting(
        "workers",
        "integer",
        1,
        "processes that share the ports (Linux); more than the computer has processors gain nothing",
        low=1,
        high=MAX_WORKERS,
        metavar="NUMBER",
        flag="--workers",
    ),
    RelaySetting("log_format", "choice", "text", "how log lines look", choices=("text", "json"), flag="--log-format"),
    RelaySetting(
        "tls.mode",
        "choice",
        "auto",
        "where the certificate comes from; off: plain HTTP, behind a proxy",
        choices=_TLS,
        flag="--tls",
    ),
    RelaySetting("tls.cert", "file", "", "certificate chain, PEM", metavar="FILE", flag="--cert"),
    RelaySetting("tls.key", "file", "", "its private key, PEM", metavar="FILE", flag="--cert-key"),
    RelaySetting(
        "tls.directory", "file", "", "where certificates that are made here are kept", metavar="DIR", flag="--cert-dir"
    ),
    RelaySetting("tls.check_name", "switch", False, "refuse clients that ask for another name than hostname"),
    RelaySetting(
        "tls.acme_email", "text", "", "whom the authority may write to", metavar="ADDRESS", flag="--acme-email"
    ),
    RelaySetting(
        "tls.acme_directory", "text", "", "another authority than Let's Encrypt", metavar="URL", flag="--acme-directory"
    ),
    RelaySetting(
        "tls.acme_eab_kid", "text", "", "the account's key id, where the authority wants one (RFC 8555 7.3.4)"
    ),
    RelaySetting("tls.acme_eab_key", "text", "", "its key, base64"),
    RelaySetting("tls.acme_ca", "file", "", "trusted besides the system's authorities when it is asked, PEM"),
    RelaySetting(
        "tls.acme_challenge", "choice", "auto", "how the name is proved", choices=("auto", "http-01", "tls-alpn-01")
    ),
    RelaySetting("tls.acme_profile", "text", "", "the kind of certificate, of those that the authority has"),
    RelaySetting(
        "stun.listen",
        "names",
        (":3478",),
        "where STUN answers, off for nowhere",
        metavar=f"{_PLACE}|off",
        flag="--stun",
    ),
    RelaySetting("stun.rate", "number", 5.0, "answers per second and source", low=0.01, high=1_000_000),
    RelaySetting(
        "stun.helper", "switch", True, "the filtering test of a netcheck may ask for packets from the next port"
    ),
    RelaySetting(
        "stun.trains",
        "integer",
        StunConfig().trains,
        "packets per second that the helper counts to find limits of UDP, 0: none",
        high=StunConfig().trains,
    ),
    RelaySetting(
        "mesh.with",
        "names",
        (),
        "the other relays of this region, name or name/address-to-dial",
        metavar="HOST,…",
        flag="--mesh-with",
    ),
    RelaySetting(
        "mesh.key_file",
        "file",
        "",
        "what all relays of the region know: 64 hex digits",
        metavar="FILE",
        flag="--mesh-key-file",
    ),
    RelaySetting("mesh.key", "text", "", "the same as text", in_files=False),
    RelaySetting(
        "admission.tailscaled", "switch", False, "let in whom this computer's tailscaled knows", flag="--verify-clients"
    ),
    RelaySetting(
        "admission.socket", "file", "", "tailscaled's socket, when it is not in the usual place", metavar="FILE"
    ),
    RelaySetting(
        "admission.url", "text", "", "let in whom this server allows", metavar="URL", flag="--verify-client-url"
    ),
    RelaySetting(
        "admission.fail_open",
        "switch",
        _ADMISSION.fail_open,
        "let everybody in while that server does not answer",
        flag="--verify-client-url-fail-open",
    ),
    RelaySetting(
        "limits.accept_rate", "number", _LIMITS.accept_rate, "new connections per second, 0 for no limit", high=1e9
    ),
    RelaySetting(
        "limits.accept_burst",
        "integer",
        _LIMITS.accept_burst,
        "how many may come at once, 0 for as many as in a second",
        high=2**63,
    ),
    RelaySetting(
        "limits.rate_file",
        "file",
        "",
        "what one client may send, JSON as derper's",
        metavar="FILE",
        flag="--rate-config",
    ),
    RelaySetting(
        "limits.write_timeout",
        "number",
        _LIMITS.write_timeout_s,
        "seconds until a client that does not read is closed",
        high=3600,
    ),
    RelaySetting(
        "limits.tcp_keepalive",
        "number",
        _LIMITS.tcp_keepalive_s,
        "seconds between TCP's own keep-alives",
        low=1,
        high=86_400,
    ),
    RelaySetting(
        "limits.tcp_user_timeout",
        "number",
        _LIMITS.tcp_user_timeout_s,
        "seconds until TCP gives an unseen client up",
        high=3600,
    ),
    RelaySetting("bootstrap_dns.names", "names", (), "names that /bootstrap-dns tells the addresses of"),
    RelaySetting("bootstrap_dns.unlisted", "names", (), "the same, only for who asks for the name"),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
BY_FLAG = {setting.flag: setting for setting in SETTINGS if setting.flag}
SECTIONS = tuple(dict.fromkeys(setting.section for setting in SETTINGS if setting.section))
