"""Keys, fingerprints and hardware addresses become numbered ones, the same everywhere."""

from __future__ import annotations

import re

_TAGGED = r"\b(?:nodekey|discokey|mkey|chalpub|nlpub|nlpriv|privkey|sha256-raw):[0-9A-Za-z+/=_-]{8,}"
_SECRET = r"\b(?:tskey|hskey)-[0-9A-Za-z_-]{4,}"
_HEX = r"(?<![\w])[0-9A-Fa-f]{32,}(?![\w])"
_BASE64 = r"(?<![\w+/])[0-9A-Za-z+/]{43}=(?![\w+/=])"
KEY = re.compile(f"{_TAGGED}|{_SECRET}|{_HEX}|{_BASE64}")
MAC = re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")
_NO_DEVICE = frozenset({"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"})


class KeyMask:
    """One mapping. A key keeps its tag: `nodekey:…` stays one."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._macs: dict[str, str] = {}

    def text(self, text: str) -> str:
        """The text with keys and hardware addresses masked."""
        return MAC.sub(lambda found: self._mac(found.group()), KEY.sub(lambda found: self._key(found.group()), text))

    def _key(self, key: str) -> str:
        tag, colon, _ = key.rpartition(":")
        return self._keys.setdefault(key, f"{tag}{colon}key-{len(self._keys) + 1}")

    def _mac(self, mac: str) -> str:
        plain = mac.lower().replace("-", ":")
        if plain in _NO_DEVICE:
            return mac
        number = len(self._macs) + 1
        return self._macs.setdefault(plain, f"02:00:00:00:{number >> 8 & 255:02x}:{number & 255:02x}")
