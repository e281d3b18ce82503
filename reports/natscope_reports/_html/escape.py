"""Foreign text in HTML, and elements around it."""

from __future__ import annotations

import html

from natscope.plugins.clean import clean


def text(words: str, width: int | None = None) -> str:
    """Words that show as they are, in an element or in a quoted attribute."""
    return html.escape(clean(words, width), quote=True)


def element(tag: str, inner: str, **attributes: str) -> str:
    """`inner` is HTML; attribute values are words. A trailing underscore of a name is dropped (`class_`)."""
    told = "".join(f' {name.rstrip("_").replace("_", "-")}="{text(value)}"' for name, value in attributes.items())
    return f"<{tag}{told}>{inner}</{tag}>"


def spanned(words: str, class_: str) -> str:
    """A run of words with a style; empty words are nothing."""
    return element("span", text(words), class_=class_) if words else ""
