"""A child process: runs pystun3 at one server and prints what it says, as a line of JSON.

pystun3 is old and trusts what it gets: it loops for ever on some answers and breaks on others. So it gets seconds of
processor time, little memory, and a handful of files; whoever started it ends it. Its own patience of 2 s a request is
shortened, its order of tests is not.
"""

from __future__ import annotations

import json
import random
import socket
import sys

PATIENCE_S = 0.5
CPU_S, MEMORY_BYTES, FILES = 20, 512 * 1024 * 1024, 32


def main(server: str, port: int, source: str) -> None:
    """Its verdict and the endpoint it saw last."""
    _limit()
    import stun  # type: ignore[import-untyped]

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE_S)
        sock.bind((source, random.SystemRandom().randrange(20_000, 60_000)))
        says, told = stun.get_nat_type(sock, source, sock.getsockname()[1], stun_host=server, stun_port=port)
    print(json.dumps({"says": str(says), "external": str(told.get("ExternalIP") or "")}))


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not a Unix
        return
    for what, most in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
