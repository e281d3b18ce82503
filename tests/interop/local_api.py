"""A stand-in for tailscaled's LocalAPI socket that serves one relay map: enough for a real `tailscale netcheck`.

Source: LocalAPI `GET /localapi/v0/derpmap` as upstream's client asks it (client/local/local.go).
"""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    body = b""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        known = self.path == "/localapi/v0/derpmap"
        body = self.server.body if known else b"not here\n"
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Tailscale-Cap", "142")
        self.send_header("Tailscale-Version", "1.102.5")
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *words: object) -> None:
        """Say nothing: tests read stderr."""


@contextlib.contextmanager
def local_api(socket_path: Path, relay_map: dict[str, Any]) -> Iterator[Path]:
    """Serve `relay_map` on a Unix socket; a path-bound socket is reachable from every network namespace."""
    with _Server(str(socket_path), _Handler) as server:
        server.body = json.dumps(relay_map).encode()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield socket_path
        finally:
            server.shutdown()
            thread.join()
            socket_path.unlink(missing_ok=True)
