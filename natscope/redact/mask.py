"""One mapping for several documents: addresses, names and keys of all of them, masked alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from natscope.redact.addresses import AddressMask, addresses_in
from natscope.redact.keys import KeyMask
from natscope.redact.names import NameMask, host_names_in
from natscope.redact.urls import mask_urls

_EMPTY: dict[str, Any] = {"AuthURL": "…", "ProfilePicURL": "…", "PushDeviceToken": "…", "sshHostKeys": []}
"""Fields of a mesh's status that lead to an account, or let somebody in; nothing else refers to them."""


class Mask:
    """`texts` are all texts that will be masked, `bare` names without a dot, `places` what of regions becomes what."""

    def __init__(
        self, texts: Iterable[str], *, bare: Iterable[str] = (), places: Mapping[str, str] | None = None
    ) -> None:
        kept = tuple(texts)
        self._addresses = AddressMask(ip for text in kept for ip in addresses_in(text))
        self._names = NameMask([*bare, *(name for text in kept for name in host_names_in(text))], places)
        self._keys = KeyMask()

    def text(self, text: str) -> str:
        """One text, masked."""
        return self._addresses.text(self._names.text(self._keys.text(mask_urls(text))))

    def tree(self, value: Any) -> Any:
        """A document of another program: every text and every key that may be a name, an address or a key."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {
                self.text(name) if _may_tell(name) else name: _EMPTY[name]
                if name in _EMPTY and each
                else self.tree(each)
                for name, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.tree(each) for each in value]
        return value


def _may_tell(name: str) -> bool:
    """Names of fields are words; what has a sign in it is data."""
    return not name.replace("_", "").replace("-", "").isalpha()


def texts_in(value: object) -> Iterator[str]:
    """Every text of a document, its keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from texts_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_in(each)
