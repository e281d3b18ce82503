"""What stands behind a URL's host: paths and queries of strangers hold tokens, accounts and hardware addresses."""

from __future__ import annotations

import ipaddress
import re

from natscope.model.address_space import is_inside

_URL = re.compile(
    r"(?i:https?://)(?P<host>\[[^\]\s]{1,64}\]|[^\s/?#:\"'<>]{1,255})(?::\d{1,5})?(?P<rest>[/?#][^\s\"'<>|]*)"
)
_KNOWN = re.compile(
    r"/(?:derp|derp/latency-check|derp/probe|derpmap/default|generate_204|bootstrap-dns|ts2021|key|robots\.txt)?"
)
"""What every relay and control server has."""
_END = ".,;:)]}"
"""Belongs to the sentence."""


def mask_urls(text: str) -> str:
    """The text with `/…` in place of paths and queries that say more than everybody knows; a router's stay."""
    return _URL.sub(_masked, text) if "://" in text else text


def _masked(found: re.Match[str]) -> str:
    rest = found["rest"]
    bare = rest.rstrip(_END)
    path = re.split(r"[?#]", bare, maxsplit=1)[0]
    if bare == path and (_KNOWN.fullmatch(path) or _is_inside(found["host"])):
        return found.group()
    kept = path if _KNOWN.fullmatch(path) and path != "/" else "/"
    return found.group()[: found.start("rest") - found.start()] + kept + "…" + rest[len(bare) :]


def _is_inside(host: str) -> bool:
    try:
        return is_inside(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return False
