"""Keeps fetched relay maps, one file a URL, for the time when the URL cannot be reached.

Written in one step, readable by its owner alone. A file that cannot be used is as good as none, but is told.
"""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime

import msgspec

FOLDER = "derp-maps"


class CachedMap(msgspec.Struct, frozen=True, kw_only=True):
    """A map as fetched: `body` is the text of the answer."""

    url: str
    fetched_at: datetime
    body: str

    def age_s(self, now: datetime) -> float:
        """Seconds since it was fetched, never negative."""
        return max((now - self.fetched_at).total_seconds(), 0.0)


class BrokenCacheError(Exception):
    """A cache file is there, but cannot be used; the text says why."""


def cache_path(cache_dir: str, url: str) -> str:
    """Where the copy of `url` is kept."""
    from hashlib import sha256

    return os.path.join(cache_dir, FOLDER, sha256(url.encode(errors="surrogatepass")).hexdigest()[:32] + ".json")


def load_cached(cache_dir: str, url: str, max_bytes: int) -> CachedMap | None:
    """The copy of `url`, None when there is none. Raises `BrokenCacheError`."""
    if not cache_dir:
        return None
    path = cache_path(cache_dir, url)
    limit = 2 * max_bytes + 4096  # a JSON text inside JSON: every quote and newline takes two
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_size > limit:
            raise BrokenCacheError(f"{path} is no cached map")
        with open(path, "rb") as file:
            cached = msgspec.json.decode(file.read(limit), type=CachedMap)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BrokenCacheError(f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}") from None
    except (ValueError, RecursionError):
        raise BrokenCacheError(f"{path} is damaged") from None
    if cached.url != _without_secrets(url) or cached.fetched_at.tzinfo is None:
        raise BrokenCacheError(f"{path} is damaged")
    return cached


def store(cache_dir: str, url: str, body: bytes, now: datetime) -> None:
    """Keep `body`, which is UTF-8 text. Raises `OSError`."""
    from natscope.netcheck.record import write_private

    path = cache_path(cache_dir, url)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    cached = CachedMap(url=_without_secrets(url), fetched_at=now.astimezone(UTC), body=body.decode())
    write_private(path, msgspec.json.encode(cached))


def _without_secrets(url: str) -> str:
    from natscope.netcheck.map_url import shown_url

    return shown_url(url)
