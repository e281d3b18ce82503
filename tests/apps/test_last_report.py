"""The kept report: written privately and whole, read with doubt, compared with the network one is in now."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from natscope.apps import last_report
from natscope.apps.last_report import FILE_NAME, LastReport, Network, is_whole, keep_report, load_last
from natscope.host.api import Host, LinkFacts
from natscope.host.real.host import build_real_host
from natscope.model.endpoint import IPAddress
from natscope.model.relay_map import RelayNode, RelayRegion
from natscope.model.tri import Tri
from natscope.netcheck.assemble import assemble
from natscope.netcheck.link_record import LinkRecord
from natscope.netcheck.options import NetcheckOptions
from tests.netcheck.fake_host import LINKS
from tests.netcheck.lab import loaded
from tests.netcheck.observed import links, record, refusal

MEASURED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOME = links("192.168.1.20", "2001:db8:1:2::20", "fe80::2", routes=(4, 6))


class FixedClock:
    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> float:
        return 0.0

    def utc(self) -> datetime:
        return self._at

    async def sleep(self, seconds: float) -> None:
        raise AssertionError


class FixedLinks:
    def __init__(self, facts: LinkFacts) -> None:
        self._facts = facts

    async def look(self) -> LinkFacts:
        return self._facts

    async def source_for(self, target: IPAddress) -> IPAddress | None:
        raise AssertionError


def host(facts: LinkFacts = HOME, after_s: float = 180) -> Host:
    return replace(build_real_host(), links=FixedLinks(facts), clock=FixedClock(MEASURED + timedelta(seconds=after_s)))


def kept(folder: Path, facts: LinkFacts = HOME) -> Path:
    """A state directory with a report that was measured at home."""
    run = record(refusal(1), links=LinkRecord.of(facts))
    keep_report(run, assemble(run), str(folder / "state"))
    return folder / "state" / FILE_NAME


async def read(path: Path, by: Host | None = None) -> tuple[LastReport | None, list[str]]:
    notes: list[str] = []
    return await load_last(str(path.parent), by or host(), note=notes.append), notes


async def test_comes_back_with_its_age_and_network(tmp_path: Path) -> None:
    path = kept(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [FILE_NAME]
    last, notes = await read(path)
    assert last is not None
    assert (last.age_s, last.same_network, last.is_outdated, notes) == (180.0, Tri.YES, False, [])
    assert last.report.run_id == "0011223344556677"


async def test_no_report_is_no_reason_to_speak(tmp_path: Path) -> None:
    assert await read(tmp_path / "nowhere" / FILE_NAME) == (None, [])


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (links("192.168.1.20", "2001:db8:1:2:aaaa::1", routes=(4, 6)), Tri.YES),  # another temporary address
        (links("192.168.1.21", "2001:db8:1:2::20", routes=(4, 6)), Tri.UNKNOWN),
        (links("192.168.1.20", "2001:db8:1:3::20", routes=(4, 6)), Tri.UNKNOWN),
        (links("192.168.1.20", routes=(4,)), Tri.NO),
        (links(), Tri.NO),
        (LinkFacts(routes_known=False), Tri.UNKNOWN),
    ],
)
async def test_says_whether_the_network_is_another(tmp_path: Path, now: LinkFacts, same: Tri) -> None:
    last, _ = await read(kept(tmp_path), host(now))
    assert last is not None
    assert (last.same_network, last.is_outdated) == (same, same is Tri.NO)


async def test_an_old_report_is_outdated(tmp_path: Path) -> None:
    last, _ = await read(kept(tmp_path), host(after_s=last_report.OUTDATED_S + 1))
    assert last is not None
    assert last.is_outdated


def test_addresses_beside_the_default_route_do_not_count() -> None:
    tunnel = replace_interface(HOME, "tun0", "10.8.0.2")
    assert Network.of(tunnel) == Network.of(HOME)
    assert Network.of(HOME).addresses == ("192.168.1.20", "2001:db8:1:2::/64")
    assert not Network.of(None).known


def replace_interface(facts: LinkFacts, name: str, address: str) -> LinkFacts:
    other = msgspec.structs.replace(links(address).interfaces[0], name=name)
    return msgspec.structs.replace(facts, interfaces=(*facts.interfaces, other))


def broken(path: Path, what: str) -> None:
    data = path.read_bytes()
    if what == "half":
        path.write_bytes(data[: len(data) // 2])
    elif what == "html":
        path.write_bytes(b"<html>\x1b[2J")
    elif what == "deep":
        path.write_bytes(b'{"schema":' + b"[" * 100_000)
    elif what == "no utf-8":
        path.write_bytes(b'{"schema":"\xff\xfe"}')
    elif what == "other form":
        path.write_bytes(data.replace(last_report.SCHEMA.encode(), b"natscope.last-report/9"))
    elif what == "other report":
        path.write_bytes(data.replace(b"natscope.report/1", b"natscope.report/2"))
    elif what == "no time":
        path.write_bytes(data.replace(b"2026-11-24T12:00:00Z", b"yesterday"))
    elif what == "future":
        path.write_bytes(data.replace(b"2026-11-24T12:00:00Z", b"2036-11-24T12:00:00Z"))
    elif what == "large":
        path.write_bytes(data + b" " * last_report.MAX_BYTES)
    elif what == "pipe":
        path.unlink()
        os.mkfifo(path)
    elif what == "link":
        path.rename(path.with_name("elsewhere"))
        path.symlink_to("elsewhere")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("half", "damaged"),
        ("html", "damaged"),
        ("deep", "damaged"),
        ("no utf-8", "damaged"),
        ("other form", "of another form"),
        ("other report", "of another form"),
        ("no time", "damaged"),
        ("future", "clock was changed"),
        ("large", "larger than 16 MiB"),
        ("pipe", "no plain file"),
        ("link", "symbolic links"),
    ],
)
async def test_a_file_that_cannot_be_trusted_is_passed_over_with_a_note(tmp_path: Path, what: str, words: str) -> None:
    path = kept(tmp_path)
    broken(path, what)
    last, (note,) = await read(path)
    assert last is None
    assert words in note
    assert note.endswith("natscope netcheck makes a new one")


@pytest.mark.skipif(os.getuid() != 0, reason="giving a file away needs root")
async def test_somebody_elses_file_is_passed_over(tmp_path: Path) -> None:
    path = kept(tmp_path)
    os.chown(path, 65534, 65534)
    last, (note,) = await read(path)
    assert last is None
    assert "belongs to somebody else" in note


async def test_a_clock_that_was_corrected_a_little_makes_no_negative_age(tmp_path: Path) -> None:
    last, _ = await read(kept(tmp_path), host(after_s=-2))
    assert last is not None
    assert last.age_s == 0.0


@pytest.mark.parametrize(
    "options",
    [
        NetcheckOptions(interface="wg0"),
        NetcheckOptions(bind_address="10.0.0.1"),
        NetcheckOptions(only=("relay_stun",)),
        NetcheckOptions(skip=("udp_ports",)),
        NetcheckOptions(families=(6,)),
    ],
)
def test_a_run_bound_to_a_part_replaces_nothing(options: NetcheckOptions) -> None:
    assert not is_whole(record(options=options))


def test_a_run_that_was_cut_short_replaces_nothing() -> None:
    assert is_whole(record(links=LinkRecord.of(LINKS)))
    assert not is_whole(record(interrupted=True))


def test_relays_on_this_computer_say_nothing_of_the_network() -> None:
    node = RelayNode(name="1a", region_id=1, host_name="r.test", ipv4="127.0.0.1")
    region = RelayRegion(region_id=1, region_code="r", region_name="R", nodes=(node,))
    assert not is_whole(record(loaded_map=loaded(region)))


def test_too_much_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_report, "MAX_BYTES", 100)
    assert not kept(tmp_path).exists()
