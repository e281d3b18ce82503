"""The relay table: sorted, on one scale, with everybody accounted for."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.report import RelayLatency, Report
from natscope_reports._text import relays
from tests.reports.drawing import lines, scene


def codes(report: Report, **options: object) -> list[str]:
    drawn = lines(relays.draw, report, **options)[1:]
    return [line[4:].split()[0] for line in drawn if line[4:8].strip() and not line[4].isdigit()]


def test_fastest_first_with_the_home_relay_marked() -> None:
    drawn = lines(relays.draw, scene("healthy"))
    assert drawn[0] == "Relays · 9 of 9 answered · median of 4          IPv4        IPv6"
    assert drawn[1] == "  → fra  Frankfurt      ╸                    10.4 ms     10.1 ms"
    assert codes(scene("healthy")) == ["fra", "ams", "par", "waw", "lhr", "mad", "nyc", "hkg", "syd"]
    assert sum("→" in line for line in drawn) == 1


def test_the_longest_bar_is_full_and_no_bar_is_empty() -> None:
    drawn = lines(relays.draw, scene("healthy"))[1:]
    bars = [sum(char in "━╸" for char in line) for line in drawn]
    assert max(bars) == 16
    assert min(bars) == 1


def test_findings_leave_room_and_the_rest_is_counted() -> None:
    drawn = lines(relays.draw, scene("mapping-varies"))
    assert drawn[-1] == "    4 more, 55.5 ms to 284.3 ms (-v shows them)"
    assert len(codes(scene("mapping-varies"))) == 5
    assert len(codes(scene("mapping-varies"), verbosity=1)) >= 9


def test_the_home_relay_is_always_shown() -> None:
    report = scene("many-regions")
    slow = max(report.relays, key=lambda r: r.latency_ms.stun_v4 or 0.0)
    home = msgspec.structs.replace(report.preferred_relay, region_id=slow.region_id)
    drawn = lines(relays.draw, msgspec.structs.replace(report, preferred_relay=home))
    assert any(line.startswith(f"  → {slow.region_code}") for line in drawn)
    assert len(drawn) == 12


def test_silent_relays_give_their_reason() -> None:
    assert lines(relays.draw, scene("dead-relay"))[-1] == (
        "  ✗ syd  Sydney     no connection to TCP port 443 within 1.5 s"
    )
    assert "  - syd" not in "\n".join(lines(relays.draw, scene("dead-relay"), ascii_only=True))
    drawn = lines(relays.draw, scene("captive-portal"))
    assert drawn[-1] == "    1 more (-v shows them)"


def test_a_relay_whose_host_answers_a_ping_is_silent_all_the_same() -> None:
    report = scene("dead-relay")
    pinged = msgspec.structs.replace(report.relays[-1], latency_ms=RelayLatency(icmp=263.7))
    drawn = lines(relays.draw, msgspec.structs.replace(report, relays=(*report.relays[:-1], pinged)), width=120)
    assert drawn[0].startswith("Relays · 4 of 5 answered")
    assert drawn[-1].endswith("within 1.5 s · ping 263.7 ms")


def test_a_relay_that_was_not_asked_is_not_called_broken() -> None:
    drawn = lines(relays.draw, scene("interrupted"))
    assert drawn[-1] == "  – syd  Sydney         not asked"


def test_https_in_place_of_udp_is_told_in_the_row() -> None:
    assert lines(relays.draw, scene("stun-closed"))[-1].endswith("no answer  HTTPS 186.2 ms")


def test_nothing_to_measure() -> None:
    assert lines(relays.draw, scene("healthy", relays=())) == ["Relays · none to measure"]


def test_a_cached_map_and_its_warnings() -> None:
    report = scene("healthy")
    warnings = tuple(f"warning {n}" for n in range(5))
    the_map = msgspec.structs.replace(report.relay_map, cached_age_s=7300.0, warnings=warnings)
    drawn = lines(relays.draw, msgspec.structs.replace(report, relay_map=the_map))
    assert drawn[10:] == [
        "  ! map from the cache, 2 h old",
        "    warning 0",
        "    warning 1",
        "    warning 2",
        "    2 more about the map: -v",
    ]


def test_regions_that_must_not_be_measured() -> None:
    report = scene("healthy")
    first = msgspec.structs.replace(report.relays[0], measured=False)
    drawn = lines(relays.draw, msgspec.structs.replace(report, relays=(first, *report.relays[1:])))
    assert "8 of 8 answered" in drawn[0]
    assert drawn[-1] == "  1 region not measured: the map forbids it"


@pytest.mark.parametrize("width", [20, 30, 40, 50, 60, 70, 80, 100, 200])
def test_columns_go_from_the_right_on_narrow_pages(width: int) -> None:
    drawn = lines(relays.draw, scene("healthy"), width=width)
    assert max(map(len, drawn)) <= width
    assert all("fra" in line for line in drawn[1:2])
    assert ("10.4 ms" in drawn[1]) == (width >= 40)
    assert ("jitter" in drawn[0]) == (width >= 100)


def test_the_median_says_of_how_many() -> None:
    report = scene("healthy")
    fewer = tuple(o for o in report.observations if o.region_id != 2 or not o.sent_ms)
    drawn = lines(relays.draw, msgspec.structs.replace(report, observations=fewer))
    assert "median of up to 4" in drawn[0]
    assert "median" not in lines(relays.draw, scene("many-regions"))[0]
