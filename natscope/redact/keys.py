"""Keys, fingerprints and hardware addresses become numbered ones, the same everywhere."""

from __future__ import annotations

import re

_TAGGED = r"\b(?:nodekey|discokey|mkey|chalpub|nlpub|nlpriv|privkey|sha256-raw|tlpub):[0-9A-Za-z+/=_-]{8,}"
_SECRET = r"\b(?:tskey|hskey)-[0-9A-Za-z_-]{4,}"
_HEX = r"(?<![\w])[0-9A-Fa-f]{32,}(?![\w])"
_UUID = r"(?<![\w-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![\w-])"
_BASE64 = r"(?<![\w+/=-])[0-9A-Za-z+/_-]{43,1024}={0,2}(?![\w+/=-])"
_TAG = r"\btag:[\w-]+"
"""Of a mesh's policy: a word that its owner chose."""
KEY = re.compile(f"{_TAGGED}|{_SECRET}|{_HEX}|{_UUID}|{_BASE64}|{_TAG}")
_PAIR = r"[0-9A-Fa-f]{2}"
MAC = re.compile(
    rf"(?<![\w:-])(?:{_PAIR}([:-])(?:{_PAIR}\1){{4}}{_PAIR}|{_PAIR}(?:-{_PAIR}){{7}})(?![\w:-])"
    r"|(?<![\w.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![\w]|\.\w)"
)
"""With colons, hyphens, in the three groups of switches; eight bytes (EUI-64) with hyphens: with colons that is an IPv6
address. Twelve digits in a row are run ids too."""
_NO_DEVICE = frozenset({"000000000000", "ffffffffffff"})


class KeyMask:
    """One mapping. A key keeps its tag: `nodekey:…` stays one."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._macs: dict[str, str] = {}

    def text(self, text: str) -> str:
        """The text with keys and hardware addresses masked."""
        return MAC.sub(lambda found: self._mac(found.group()), KEY.sub(lambda found: self._key(found.group()), text))

    def _key(self, key: str) -> str:
        tag, colon, rest = key.rpartition(":")
        if not colon and not _is_random(rest):
            return key
        return self._keys.setdefault(key, f"{tag}{colon}key-{len(self._keys) + 1}")

    def _mac(self, mac: str) -> str:
        plain = re.sub(r"[:.-]", "", mac.lower())
        if plain in _NO_DEVICE:
            return mac
        number = len(self._macs) + 1
        return self._macs.setdefault(plain, f"02:00:00:00:{number >> 8 & 255:02x}:{number & 255:02x}")


def _is_random(text: str) -> bool:
    """Not a long path or a line of hyphens: those have no capitals, small letters and digits together, nor are hex."""
    if re.fullmatch(r"[0-9A-Fa-f-]+", text) or text.startswith(("tskey-", "hskey-")):
        return text.strip("-") != ""
    return any(c.isdigit() for c in text) and any(c.isupper() for c in text) and any(c.islower() for c in text)
