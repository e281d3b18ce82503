"""What the relay answers to plain HTTP requests. Source: upstream cmd/derper/derper.go, derp/derpserver/handler.go.

Over the encrypted port everything is here; the plain port 80 serves `/generate_204` (a redirect there would read as a
login page) and sends everything else to HTTPS, unless the relay itself stands behind a proxy that speaks TLS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from natscope.machines.derp.http_request import Request, Response
from natscope.machines.derp.upgrade import NO_SNIFF, PATH, TEXT

HOST = re.compile(r"([A-Za-z0-9.\-_]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?\Z")
"""What may stand in a redirect of ours: a name or an address; the port goes."""
CHALLENGE = re.compile(r"[A-Za-z0-9.\-_:]{1,64}")
ANYBODY = ("Access-Control-Allow-Origin", "*")
HTML = ("Content-Type", "text/html; charset=utf-8")
NO_CACHE = ("Cache-Control", "no-cache, no-store, must-revalidate, no-transform, max-age=0")
_POLICY = (
    "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'self'; block-all-mixed-content; "
    "object-src 'none'"
)
BROWSER = (
    ("Content-Security-Policy", _POLICY),
    ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
    NO_SNIFF,
    ("X-Frame-Options", "DENY"),
)  # fmt: skip
"""What pages for people carry."""
HOME = (
    "<html><body><h1>DERP</h1><p>This is a DERP relay: it carries encrypted packets between machines of a mesh network "
    "(Tailscale, Headscale, natscope) that cannot reach each other directly. It cannot read them.</p></body></html>\n"
)
USE_HTTPS = Response(400, b"Use HTTPS\n", (TEXT, NO_SNIFF))
ROBOTS = "User-agent: *\nDisallow: /\n"


@dataclass(slots=True)
class Pages:
    """`home` is `default`, `blank` or a URL to redirect to. `names` are those of `/bootstrap-dns`, kept by its owner.

    `behind_proxy`: plain HTTP is all that comes, so it gets the pages of the encrypted port. `ready` is False while the
    relay drains.
    """

    home: str = "default"
    behind_proxy: bool = False
    is_relay: bool = True
    ready: bool = True
    names: dict[str, Sequence[str]] = field(default_factory=dict)
    unlisted: dict[str, Sequence[str]] = field(default_factory=dict)
    """Names that are told only to who asks for one of them."""
    challenges: Mapping[str, str] = field(default_factory=dict)
    """ACME's HTTP-01: token to answer."""

    def respond(self, request: Request) -> Response:
        """The answer to any request that is no upgrade."""
        if request.encrypted or self.behind_proxy:
            return self._page(request)
        return self._plain(request)

    def is_relay_for(self, request: Request) -> bool:
        """Whether an upgrade of this request is DERP's: beside an encrypted port, the plain one relays nothing."""
        return self.is_relay and (request.encrypted or self.behind_proxy)

    def _plain(self, request: Request) -> Response:
        """Port 80. A CONNECT is no question for a page, whatever it names."""
        if request.method == "CONNECT":
            return USE_HTTPS
        if request.path == "/generate_204":
            return _challenge(request)
        if request.path.startswith("/debug"):
            return self._page(request)
        token = request.path.removeprefix("/.well-known/acme-challenge/")
        if token in self.challenges:
            return Response(200, self.challenges[token].encode(), (TEXT,))
        if request.method not in ("GET", "HEAD"):
            return USE_HTTPS
        host = HOST.match(request.headers.get("host", ""))
        if host is None or not request.target.startswith("/"):
            return USE_HTTPS
        place = f"https://{host[1]}{request.target}"
        return Response(302, f'<a href="{_escaped(place)}">Found</a>.\n\n'.encode(), (HTML, ("Location", place)))

    def _page(self, request: Request) -> Response:
        if request.method == "CONNECT":
            return Response(403, b"CONNECT not enabled\n", (TEXT, NO_SNIFF))
        if request.path in ("/derp/probe", "/derp/latency-check"):
            if request.method in ("GET", "HEAD"):
                return Response(200, headers=(ANYBODY,))
            return Response(405, b"bogus probe method\n", (TEXT, NO_SNIFF))
        if request.path == PATH:
            if not self.is_relay:
                return Response(404, b"derp server disabled\n", (TEXT, NO_SNIFF))
            return Response(426, b"DERP requires connection upgrade\n", (TEXT, NO_SNIFF))
        if request.path == "/generate_204":
            return _challenge(request)
        if request.path == "/bootstrap-dns":
            return self._bootstrap(request)
        if request.path == "/healthz":
            return Response(200 if self.ready else 503, b"ok\n" if self.ready else b"going away\n", (TEXT, NO_SNIFF))
        if request.path == "/robots.txt":
            return Response(200, ROBOTS.encode(), (TEXT, *BROWSER))
        if request.path == "/debug" or request.path.startswith("/debug/"):
            return Response(403, b"debug access denied\n", (TEXT, NO_SNIFF))
        return self._home()

    def _home(self) -> Response:
        if self.home == "blank":
            return Response(200, headers=(HTML, *BROWSER))
        if self.home != "default":
            return Response(302, headers=(("Location", self.home), *BROWSER))
        return Response(200, HOME.encode(), (HTML, *BROWSER))

    def _bootstrap(self, request: Request) -> Response:
        wanted = request.query("q")
        found = {wanted: self.unlisted[wanted]} if wanted in self.unlisted else self.names
        tree = {name: list(found[name]) for name in sorted(found)}
        body = json.dumps(tree, indent="\t").encode() if found else b""
        return Response(200, body, (("Content-Type", "application/json"), *BROWSER), close=True)


def _challenge(request: Request) -> Response:
    """204, and the challenge back when it is one."""
    challenge = request.headers.get("x-tailscale-challenge", "")
    if not CHALLENGE.fullmatch(challenge):
        return Response(204, headers=(NO_CACHE,))
    return Response(204, headers=(NO_CACHE, ("X-Tailscale-Response", f"response {challenge}")))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
