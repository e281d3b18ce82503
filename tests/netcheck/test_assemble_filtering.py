"""Filtering is told by what came in, or by enough that really left and did not; everything else has its reason."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.machines.unseen_trial import FEW, MANY
from natscope.model.endpoint import Family
from natscope.model.nat import Filtering, Mapping
from natscope.model.observation import Observation, Outcome
from natscope.model.report import NatFamilyReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_filtering import CHANGED, NOBODY, UNTOLD, filtering_part, rfc3489_name
from natscope.netcheck.classify import ONLY_INSIDE
from natscope.netcheck.nat_part import NatInputs
from tests.netcheck.observed import COUNTER, report, stun

SERVER, OTHER = "198.51.100.1:3478", "198.51.100.2"
ANY, ADDRESS, PORT, UNKNOWN = (
    Filtering.ENDPOINT_INDEPENDENT,
    Filtering.ADDRESS_DEPENDENT,
    Filtering.ADDRESS_AND_PORT_DEPENDENT,
    Filtering.UNKNOWN,
)


def way(name: str, arrived: int = 0, confirmed: int = FEW, **changes: Any) -> Observation:
    data: dict[str, Any] = {
        "method": "helper",
        "way": name,
        "sent": max(confirmed, arrived, FEW),
        "arrived": arrived,
        "confirmed": confirmed,
        "controlled": True,
        "lossy": False,
        "mapped": ["203.0.113.7:50505"],
    }
    if name == "other-address":
        data["other"] = OTHER
    summary = changes.pop("summary", "")
    return Observation(
        id=f"o{next(COUNTER)}",
        kind="nat.unseen",
        probe="nat_filtering",
        outcome=Outcome.ANSWERED if arrived else Outcome.NO_ANSWER,
        target=changes.pop("target", SERVER),
        family=4,
        socket="192.168.1.20:50505",
        summary=summary,
        data=data | changes,
    )


def answers() -> list[Observation]:
    """Both addresses answer plain requests."""
    return [stun(1, 10.0, target=SERVER), stun(2, 10.0, target=f"{OTHER}:3478")]


def told(*ways: Observation, control: bool = True) -> NatFamilyReport:
    return report(*(answers() if control else [stun(1, 10.0, target=SERVER)]), *ways).nat.v4


def reason(*ways: Observation, control: bool = True) -> str:
    found = told(*ways, control=control)
    assert found.filtering is UNKNOWN
    return found.reasons["filtering"]


def port(arrived: int = 0, **changes: Any) -> Observation:
    return way("other-port", arrived, **changes)


def address(arrived: int = 0, **changes: Any) -> Observation:
    return way("other-address", arrived, **changes)


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        ((port(1), address(1)), ANY),
        ((port(0), address(1)), ANY),
        ((port(1), address(0)), ADDRESS),
        ((port(0), address(0)), PORT),
        ((port(0), address(0, sent=0, confirmed=0)), PORT),
        ((port(0, confirmed=MANY, lossy=True), address(0, confirmed=MANY, lossy=True)), PORT),
    ],
)
def test_what_is_told(ways: tuple[Observation, ...], expected: Filtering) -> None:
    found = told(*ways)
    assert found.filtering is expected
    assert found.filtering_by == SERVER
    assert "filtering" not in found.reasons
    assert set(found.evidence) & {o.id for o in ways}


def test_too_few_packets_are_no_filter() -> None:
    assert "too few packets" in reason(port(0, confirmed=FEW - 1), address(0))
    assert "too few packets" in reason(port(0, confirmed=MANY - 1, lossy=True), address(0, lossy=True))
    assert "too few packets" in reason(port(1), address(0, confirmed=2))


def test_silence_without_a_control_is_nothing() -> None:
    assert "stopped answering" in reason(port(0, controlled=False), address(0, controlled=False))
    assert f"{OTHER}, which was to write to us" in reason(port(1), address(0), control=False)


def test_a_peer_that_did_not_confirm_and_a_limit_are_named() -> None:
    assert "did not confirm" in reason(port(1), address(0, confirmed=0, unconfirmed=5))
    assert "limit was reached" in reason(port(0, confirmed=0, refused=5), address(0))


@pytest.mark.parametrize("family", [4, 6])
def test_what_relays_inside_send_crosses_no_filter(family: Family) -> None:
    """All of them see our own inside address, so nothing stands between; one outside is enough to be judged."""
    socket, servers = ("192.168.1.20:41641", ("192.168.1.2:3478", "192.168.1.3:3478"))
    if family == 6:
        socket, servers = "[fd12:3456::20]:41641", ("[fd12:3456::2]:3478", "[fd12:3456::3]:3478")
    inside = [
        stun(n, 1.0, family, target=target, socket=socket, data={"mapped": socket})
        for n, target in enumerate(servers, start=1)
    ]
    ways = [msgspec.structs.replace(w, family=family) for w in (port(2), address(2))]
    found = report(*inside, *ways).nat
    told = found.v4 if family == 4 else found.v6
    assert (told.filtering, told.reasons["filtering"]) == (UNKNOWN, ONLY_INSIDE)
    assert (told.mapping_varies, told.several_addresses) == (Tri.UNKNOWN, Tri.UNKNOWN)
    assert told.reasons["port_allocation"] == ONLY_INSIDE
    outside = report(*inside, stun(3, 10.0, family), *ways).nat
    assert (outside.v4 if family == 4 else outside.v6).filtering is Filtering.ENDPOINT_INDEPENDENT


def test_without_a_second_address_open_ports_leave_two_answers() -> None:
    assert "no second address" in reason(port(1), address(0, sent=0, confirmed=0))


def test_an_address_that_changed_is_told_as_that() -> None:
    moved = {"mapped": ["203.0.113.7:1", "203.0.113.9:1"]}
    assert reason(port(0, **moved), address(0, **moved)) == CHANGED


def test_answers_from_unnamed_places_are_told() -> None:
    wrong = {"wrong_sources": ["198.51.100.77:9"]}
    assert "198.51.100.77:9" in reason(port(0, **wrong), address(0, **wrong))


def test_the_words_of_a_trial_that_failed_are_the_reason() -> None:
    ways = [way(name, confirmed=0, summary="the server did not answer") for name in ("other-port", "other-address")]
    assert reason(*ways) == "the server did not answer"


def test_with_change_request_nobody_counts_so_more_tries_are_needed() -> None:
    def tries(count: int, *, lossy: bool) -> tuple[Observation, Observation]:
        more: dict[str, Any] = {"method": "change-request", "sent": count, "confirmed": 0, "lossy": lossy}
        return port(0, **more), address(0, **more)

    assert told(*tries(FEW, lossy=False)).filtering is PORT
    assert told(*tries(MANY, lossy=True)).filtering is UNKNOWN
    assert told(*tries(MANY + 2, lossy=True)).filtering is PORT


def test_a_second_server_tells_what_the_first_could_not() -> None:
    first = [way(n, confirmed=0, summary="the server did not answer") for n in ("other-port", "other-address")]
    second = [port(1, target=f"{OTHER}:3478"), address(1, target=f"{OTHER}:3478")]
    found = told(*first, *second)
    assert (found.filtering, found.filtering_by) == (ANY, f"{OTHER}:3478")


def test_where_no_server_offers_it_that_is_the_reason() -> None:
    asked = Observation(
        id="o9", kind="nat.server", probe="nat_servers", outcome=Outcome.ANSWERED, family=4, target=SERVER
    )
    assert filtering_part(NatInputs(family=4, observations=(asked,))).reasons == {"filtering": NOBODY}
    assert filtering_part(NatInputs(family=6, observations=(asked,))).reasons == {}
    silent = msgspec.structs.replace(asked, id="o8", outcome=Outcome.NO_ANSWER)
    assert filtering_part(NatInputs(family=4, observations=(silent,))).reasons == {"filtering": UNTOLD}
    assert filtering_part(NatInputs(family=4, observations=(silent, asked))).reasons == {"filtering": NOBODY}


@pytest.mark.parametrize(
    ("mapping", "filtering", "name"),
    [
        (Mapping.NONE, ANY, "open internet"),
        (Mapping.NONE, PORT, "symmetric UDP firewall"),
        (Mapping.NONE, UNKNOWN, ""),
        (Mapping.ENDPOINT_INDEPENDENT, ANY, "full cone"),
        (Mapping.ENDPOINT_INDEPENDENT, ADDRESS, "restricted cone"),
        (Mapping.ENDPOINT_INDEPENDENT, PORT, "port-restricted cone"),
        (Mapping.ENDPOINT_INDEPENDENT, UNKNOWN, ""),
        (Mapping.ADDRESS_DEPENDENT, ANY, "symmetric"),
        (Mapping.ADDRESS_AND_PORT_DEPENDENT, UNKNOWN, "symmetric"),
        (Mapping.PORT_DEPENDENT, PORT, "symmetric"),
        (Mapping.UNKNOWN, PORT, ""),
    ],
)
def test_the_old_names(mapping: Mapping, filtering: Filtering, name: str) -> None:
    assert rfc3489_name(mapping, filtering, several=False) == name


def test_several_public_addresses_are_not_called_symmetric() -> None:
    assert rfc3489_name(Mapping.ADDRESS_DEPENDENT, PORT, several=True) == ""
