"""This computer: nothing where nothing matters, ways, uplinks, rules and the shared range where they do."""

from __future__ import annotations

from natscope.model.tri import Tri
from natscope_reports._text import surroundings
from tests.diagnosis.surrounded import around
from tests.reports.drawing import lines, scene


def drawn(name: str, verbosity: int = 0) -> str:
    return "\n".join(lines(surroundings.draw, scene(name), verbosity=verbosity))


def test_nothing_is_said_where_nothing_matters() -> None:
    assert drawn("healthy") == ""


def test_a_tunnel_and_what_is_seen_past_it() -> None:
    text = drawn("proxy-tunnel")
    assert "Way out  Meta (tun)" in text
    assert "a proxy program's: nothing here is about" in text
    assert "Also     eth0 (ethernet)          asked by itself: seen as" in text
    assert "198.18.0.0/15" in drawn("proxy-tunnel", 1)


def test_a_second_uplink_and_one_whose_answers_are_dropped() -> None:
    assert "seen as" in drawn("two-uplinks")
    assert "dropped 2 packets (rp_filter)" in " ".join(drawn("source-check").split())


def test_rules_and_the_shared_range() -> None:
    assert "lets answers in, drops what nobody asked for" in " ".join(drawn("own-firewall").split())
    assert "which rules here drop" in drawn("shared-space-dropped")
    assert "ate an answer" in drawn("shared-space-eaten")
    assert "rules" not in drawn("shared-space")
    doubt = around("own-firewall", firewall={"unasked": "unknown"})
    assert "may drop a peer's first packet" in "\n".join(lines(surroundings.draw, doubt))


def test_containers_and_windows() -> None:
    assert "Runs in  a container (docker)" in drawn("container")
    report = around("container", computer={"wsl": 2, "container": ""})
    assert "WSL 2" in "\n".join(lines(surroundings.draw, report))


def test_a_metered_connection_is_told_and_one_that_is_not_goes_without_saying() -> None:
    for metered, shown in ((Tri.YES, True), (Tri.NO, False), (Tri.UNKNOWN, False)):
        text = "\n".join(lines(surroundings.draw, around("container", computer={"metered": metered})))
        assert ("Metered  a default route's connection" in text) == shown


def test_names_that_are_attacks_are_cleaned() -> None:
    report = around("proxy-tunnel", way={"interface": "a\x1b[31mb\n", "driver": "\x07"})
    text = "\n".join(lines(surroundings.draw, report))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_with_v_everything_is_told() -> None:
    text = drawn("source-check", 1)
    for word in ("Strict", "Tracking", "Buffers", "Way out  eth0"):
        assert word in text
