"""XML from strangers: bounded in bytes, elements and depth, without DTD, entities or anything external.

Routers' XML is read by local names: their namespaces are often wrong or missing. defusedxml refuses what a document
type could do (entity expansion, external files); the limits here bound what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from natscope.errors import LocalError, RemoteError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 65_536
MAX_ELEMENTS = 2_000
MAX_DEPTH = 24
_BLANK = " \t\r\n"
MAX_TEXT = 1024
"""Characters of one element's text that are kept."""


class Node:
    """An element by its local name: children, and its text without surrounding white space."""

    __slots__ = ("_parts", "children", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.children: list[Node] = []
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """At most `MAX_TEXT` characters."""
        return "".join(self._parts).strip(_BLANK)[:MAX_TEXT]

    def all(self, name: str) -> Iterator[Node]:
        """The children of that name, whatever their case."""
        wanted = name.lower()
        return (child for child in self.children if child.name.lower() == wanted)

    def first(self, name: str) -> Node | None:
        """The first child of that name."""
        return next(self.all(name), None)

    def text_of(self, name: str) -> str:
        """The text of the first child of that name, empty without one."""
        child = self.first(name)
        return "" if child is None else child.text

    def find(self, name: str) -> Node | None:
        """The first element of that name in the whole tree below, breadth first."""
        waiting = list(self.children)
        for node in waiting:
            if node.name.lower() == name.lower():
                return node
            waiting += node.children
        return None


class _TooMuch(Exception):
    """More elements or deeper than allowed."""


class _Builder:
    """What the parser calls for each tag; stops it at the limits."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise _TooMuch
        node = Node(tag.rpartition("}")[2])
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, tag: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1]._parts.append(text)

    def close(self) -> Node | None:
        return self.root


def read_xml(data: bytes, what: str) -> Node:
    """The root element. Raises `RemoteError` for what is no XML, has a document type, or passes a limit."""
    if len(data) > MAX_BYTES:
        raise RemoteError(f"{what} has more than {MAX_BYTES} bytes", offset=MAX_BYTES, field=what)
    from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
    from defusedxml.ElementTree import DefusedXMLParser, ParseError  # type: ignore[import-untyped]

    builder: Any = _Builder()
    try:
        parser = DefusedXMLParser(target=builder, forbid_dtd=True)
        parser.feed(data.strip(b" \t\r\n\0"))
        root = parser.close()
    except DefusedXmlException as error:
        raise RemoteError(f"{what} has a document type or entities", field=what) from error
    except _TooMuch as error:
        raise RemoteError(f"{what} has too many or too deeply nested elements", field=what) from error
    except (ParseError, LookupError, ValueError) as error:
        raise RemoteError(f"{what} is no XML that could be read", field=what) from error
    if not isinstance(root, Node):
        raise RemoteError(f"{what} has no element", field=what)
    return root


def xml_text(text: str) -> str:
    """Text for an element. Raises `LocalError` for characters that XML cannot carry."""
    for character in text:
        code = ord(character)
        if (code < 0x20 and character not in "\t\n\r") or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
            raise LocalError(f"XML cannot carry the character {code:#x}")
    return escape(text, {"\r": "&#13;"})
