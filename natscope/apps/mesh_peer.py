"""Which node of the mesh somebody means: by name, short name, host name, address, route or tag."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from natscope.apps.did_you_mean import question
from natscope.diagnosis.pair.addresses import Kind, kind_of
from natscope.errors import UserError
from natscope.model.endpoint import IPAddress
from natscope.model.mesh_status import MeshNode, MeshStatus

MAX_LISTED = 8
MAX_WORD = 253
MAX_LABEL = 63


@dataclass(frozen=True, slots=True)
class Target:
    """One node. `ip` is what to ask for. `is_this`: it is the node that would ask. `note`: what is not obvious about
    the choice, a sentence; empty.
    """

    node: MeshNode
    ip: str
    is_this: bool = False
    note: str = ""

    @property
    def node_ip(self) -> str:
        """An address of the node itself, IPv4 where it has one: `ip` may lie behind it."""
        return self.node.first_address or self.ip


def find_peer(status: MeshStatus, word: str) -> Target:
    """Names are compared without case, the last dot and, where it is unique, the network's suffix.

    An address that no node has is that of the node which offers a route to it, a public one else that of the exit node
    in use. A tag means one of its nodes, that is online if one is, first by name; the note names the others. Raises
    `UserError`, with what was probably meant, when there is no such node or a name belongs to several.
    """
    word = word.strip().removesuffix(".")
    if not word:
        raise UserError("no peer is named", hint=LIST)
    ip = _address(word)
    if ip is not None:
        return _by_address(status, ip, word)
    if word.lower().startswith("tag:"):
        return _by_tag(status, word.lower())
    return _by_name(status, word)


def find_listed(status: MeshStatus, word: str, again: str = "") -> Target:
    """As `find_peer`; the command that lists the peers has the options `again` (a blank before each), which lead it to
    the same source.
    """
    try:
        return find_peer(status, word)
    except UserError as error:
        raise UserError(error.message, hint=list_hint(again) if error.hint == LIST else error.hint) from None


def list_hint(again: str = "") -> str:
    """What to look at for the names of peers."""
    return f"natscope status{again} lists them"


def _address(word: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(word.strip("[]"))
    except ValueError:
        return None


def _all(status: MeshStatus) -> Iterable[MeshNode]:
    return (*((status.this,) if status.this is not None else ()), *status.peers)


def _by_address(status: MeshStatus, ip: IPAddress, word: str) -> Target:
    for node in _all(status):
        if ip in node.addresses:
            return Target(node, str(ip), is_this=node is status.this)
    if status.this is not None and ip in status.addresses:
        return Target(status.this, str(ip), is_this=True)
    routers = [(network, peer) for peer in status.peers for network in _networks(peer) if ip in network]
    if routers:
        network, peer = max(routers, key=lambda row: row[0].prefixlen)
        return Target(peer, str(ip), note=f"{ip} lies behind {name_of(peer)}, which offers the route {network}")
    exit_node = next((peer for peer in status.peers if peer.is_exit_node), None)
    if exit_node is not None and kind_of(ip) is Kind.PUBLIC:
        return Target(exit_node, str(ip), note=f"{ip} is reached through your exit node, {name_of(exit_node)}")
    known = [str(address) for node in status.peers[:10_000] for address in node.addresses]
    raise UserError(f"no node of your mesh has the address {word}{question(word, known)}", hint=LIST)


LIST = list_hint()


def _networks(peer: MeshNode) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Its routes, without the one to everything: that is not about this address."""
    found = []
    for route in peer.routes:
        try:
            network = ipaddress.ip_network(route)
        except ValueError:
            continue
        if network.prefixlen:
            found.append(network)
    return found


def _by_tag(status: MeshStatus, tag: str) -> Target:
    found = [peer for peer in status.peers if tag in (own.lower() for own in peer.tags)]
    if not found:
        known = dict.fromkeys(own for peer in status.peers for own in peer.tags)
        some = f"there are {', '.join(list(known)[:MAX_LISTED])}" if known else "no node of your mesh has a tag"
        raise UserError(f"no node of your mesh has the tag {tag[:60]}{question(tag, known)}", hint=some)
    ordered = sorted(found, key=lambda peer: (_is_away(peer), name_of(peer).casefold()))
    first, *others = ordered
    note = ""
    if others:
        names = ", ".join(name_of(peer) for peer in others[:MAX_LISTED])
        more = f" and {len(others) - MAX_LISTED} more" if len(others) > MAX_LISTED else ""
        note = f"{tag} is {len(found)} nodes: this is {name_of(first)}; the others are {names}{more}"
    return _target(status, first, note)


def _is_away(peer: MeshNode) -> bool:
    return peer.is_online is False or bool(peer.is_expired)


def _by_name(status: MeshStatus, word: str) -> Target:
    lower = word.lower()[:MAX_WORD]
    nodes = list(_all(status))
    for names in (_full_name, _short_name, _host_name, _within_suffix(status)):
        found = [node for node in nodes if names(node).lower() == lower]
        if len(found) == 1:
            return _target(status, found[0])
        if found:
            told = ", ".join(node.name or str(next(iter(node.addresses), "")) for node in found[:MAX_LISTED])
            raise UserError(f"{word[:60]} is {len(found)} nodes of your mesh: {told}", hint="give the whole name")
    known = dict.fromkeys(
        name for node in status.peers[:10_000] for name in (_short_name(node), node.host_name) if name
    )
    raise UserError(f'no node of your mesh is called "{word[:60]}"{question(word[:MAX_WORD], known)}', hint=LIST)


def _full_name(node: MeshNode) -> str:
    return node.name


def _short_name(node: MeshNode) -> str:
    return node.name.partition(".")[0]


def _host_name(node: MeshNode) -> str:
    return node.host_name


def _within_suffix(status: MeshStatus) -> Callable[[MeshNode], str]:
    """`nas.lab` for `nas.lab.internal` in the network `internal`."""
    suffix = f".{status.dns_suffix.lower()}" if status.dns_suffix else ""
    return lambda node: node.name.lower().removesuffix(suffix)


def _target(status: MeshStatus, node: MeshNode, note: str = "") -> Target:
    if not node.addresses:
        raise UserError(f"{name_of(node)} has no address in your mesh", hint=LIST)
    return Target(node, node.first_address, is_this=node is status.this, note=note)


def word_for(status: MeshStatus, target: Target) -> str:
    """What a command that is shown to be copied may call it: its name if that is plain and means this node alone, else
    the whole one, else its address.
    """
    return _word(status, target.node) or target.ip


def word_of(status: MeshStatus, node: MeshNode) -> str:
    """The same for a node that nobody named. A node without an address has no word: empty."""
    return _word(status, node) or node.first_address


def _word(status: MeshStatus, node: MeshNode) -> str:
    for name in (node.short_name, node.name):
        if _is_plain(name) and _means(status, name, node):
            return name
    return ""


def _is_plain(name: str) -> bool:
    """A shell, and a reader, take it for nothing else (RFC 1035 lengths)."""
    letters = name.translate(_BETWEEN)
    is_word = letters.isascii() and letters.isalnum() and not name.startswith(("-", "."))
    return is_word and len(name) <= MAX_WORD and all(len(label) <= MAX_LABEL for label in name.split("."))


_BETWEEN = {ord(char): None for char in "-_."}


def _means(status: MeshStatus, name: str, node: MeshNode) -> bool:
    try:
        found = find_peer(status, name).node
    except UserError:
        return False
    return found is node or bool(node.key and found.key == node.key)


def name_of(node: MeshNode) -> str:
    """As people call it; an address where it has no name."""
    return node.short_name or str(next(iter(node.addresses), "unnamed"))
