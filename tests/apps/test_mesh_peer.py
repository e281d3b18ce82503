"""Which node is meant: every way to name one, mistyped names, names of several."""

from __future__ import annotations

import ipaddress

import msgspec
import pytest

from natscope.apps.mesh_peer import find_peer, word_for, word_of
from natscope.errors import UserError
from natscope.model.mesh_status import MeshNode, MeshStatus


def node(
    name: str, ip: str, *, tags: tuple[str, ...] = (), routes: tuple[str, ...] = (), online: bool = True, host: str = ""
) -> MeshNode:
    return MeshNode(
        key=f"nodekey:{name}",
        name=name,
        host_name=host or name.partition(".")[0],
        addresses=(ipaddress.ip_address("fd7a::" + ip.rpartition(".")[2]), ipaddress.ip_address(ip)),
        tags=tags,
        routes=(f"{ip}/32", *routes),
        is_online=online,
        is_active=False,
    )


STATUS = MeshStatus(
    dns_suffix="lab.internal",
    this=node("laptop.lab.internal", "100.64.0.2"),
    addresses=(ipaddress.ip_address("100.64.0.2"),),
    peers=(
        node("nas.lab.internal", "100.64.0.9", host="Ana's NAS"),
        node("office.lab.internal", "100.64.0.3", routes=("192.168.0.0/16", "0.0.0.0/0")),
        node("branch.lab.internal", "100.64.0.4", routes=("192.168.50.0/24", "nonsense")),
        node("web-1.lab.internal", "100.64.0.5", tags=("tag:web",), online=False),
        node("web-2.lab.internal", "100.64.0.6", tags=("tag:web", "tag:eu")),
        node("web-3.lab.internal", "100.64.0.7", tags=("tag:web",)),
        node("twin.a.example", "100.64.0.20"),
        node("twin.b.example", "100.64.0.21"),
    ),
)


@pytest.mark.parametrize(
    ("word", "name", "ip"),
    [
        ("nas", "nas", "100.64.0.9"),
        ("NAS", "nas", "100.64.0.9"),
        (" nas.lab.internal. ", "nas", "100.64.0.9"),
        ("ana's nas", "nas", "100.64.0.9"),
        ("100.64.0.9", "nas", "100.64.0.9"),
        ("fd7a::9", "nas", "fd7a::9"),
        ("[fd7a::9]", "nas", "fd7a::9"),
        ("twin.a.example", "twin", "100.64.0.20"),
        ("tag:eu", "web-2", "100.64.0.6"),
        ("TAG:EU", "web-2", "100.64.0.6"),
        ("192.168.50.7", "branch", "192.168.50.7"),
        ("192.168.1.1", "office", "192.168.1.1"),
    ],
)
def test_every_way_to_name_one(word: str, name: str, ip: str) -> None:
    found = find_peer(STATUS, word)
    assert (found.node.short_name, found.ip, found.is_this) == (name, ip, False)


@pytest.mark.parametrize(
    ("name", "word"),
    [("nas", "nas"), ("db-1", "db-1"), ("a b", "100.64.0.9"), ("x;reboot", "100.64.0.9"), ("-c", "100.64.0.9"),
     ("z" * 64, "100.64.0.9"), ("n\u00e4s", "100.64.0.9"), ("$HOME", "100.64.0.9")],
)  # fmt: skip
def test_what_a_command_to_be_copied_calls_it(name: str, word: str) -> None:
    status = MeshStatus(peers=(node(f"{name}.lab", "100.64.0.9"),))
    assert word_for(status, find_peer(status, "100.64.0.9")) == word


def test_a_command_to_be_copied_means_one_node() -> None:
    nas, other, odd = node("nas.lab", "100.64.0.9"), node("nas.friends", "100.64.0.8"), node("nas.a b", "100.64.0.7")
    status = MeshStatus(peers=(nas, other, odd))
    assert [word_of(status, peer) for peer in status.peers] == ["nas.lab", "nas.friends", "100.64.0.7"]
    assert all(find_peer(status, word_of(status, peer)).node is peer for peer in status.peers)
    assert word_of(status, MeshNode()) == ""


@pytest.mark.parametrize("word", ["laptop", "100.64.0.2", "laptop.lab.internal"])
def test_this_node(word: str) -> None:
    assert find_peer(STATUS, word).is_this


def test_a_node_is_asked_about_by_its_own_address() -> None:
    assert find_peer(STATUS, "192.168.50.7").node_ip == "100.64.0.4"
    assert find_peer(STATUS, "fd7a::9").node_ip == "100.64.0.9"


def test_what_is_not_obvious_is_said() -> None:
    assert find_peer(STATUS, "nas").note == ""
    assert find_peer(STATUS, "tag:eu").note == ""
    assert find_peer(STATUS, "tag:web").note == "tag:web is 3 nodes: this is web-2; the others are web-3, web-1"
    assert find_peer(STATUS, "192.168.50.7").note == (
        "192.168.50.7 lies behind branch, which offers the route 192.168.50.0/24"
    )


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("nass", 'no node of your mesh is called "nass". Did you mean nas?', "natscope status"),
        ("zzz", 'no node of your mesh is called "zzz"', "natscope status"),
        ("twin", "twin is 2 nodes of your mesh: twin.a.example, twin.b.example", "whole name"),
        ("100.64.0.90", "no node of your mesh has the address 100.64.0.90. Did you mean 100.64.0.9?", "status"),
        ("8.8.8.8", "no node of your mesh has the address 8.8.8.8", "status"),
        ("tag:wbe", "no node of your mesh has the tag tag:wbe. Did you mean tag:web?", "there are tag:web, tag:eu"),
        ("", "no peer is named", "status"),
        ("x" * 5000, "no node of your mesh is called", "status"),
    ],
)
def test_one_line_and_what_was_meant(word: str, message: str, hint: str) -> None:
    with pytest.raises(UserError) as caught:
        find_peer(STATUS, word)
    assert caught.value.message.startswith(message)
    assert len(caught.value.message) < 200
    assert hint in caught.value.hint


def test_a_mesh_without_tags_and_a_node_without_address() -> None:
    bare = MeshStatus(peers=(MeshNode(name="odd.x", key="k"),))
    with pytest.raises(UserError) as caught:
        find_peer(bare, "tag:web")
    assert caught.value.hint == "no node of your mesh has a tag"
    with pytest.raises(UserError, match="odd has no address"):
        find_peer(bare, "odd")


def test_a_public_address_goes_through_the_exit_node_in_use() -> None:
    way_out = msgspec.structs.replace(
        node("exit.lab.internal", "100.64.0.30", routes=("0.0.0.0/0",)), is_exit_node=True
    )
    status = msgspec.structs.replace(STATUS, peers=(*STATUS.peers, way_out))
    target = find_peer(status, "198.51.100.7")
    assert (target.node, target.ip) == (way_out, "198.51.100.7")
    assert target.note == "198.51.100.7 is reached through your exit node, exit"
    for word, known in (("198.51.100.7", STATUS), ("10.9.9.9", status)):  # a local network may be left out
        with pytest.raises(UserError):
            find_peer(known, word)
