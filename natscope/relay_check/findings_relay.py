"""What goes wrong with packets between clients: several servers behind one name, drops, mesh, loss. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from natscope.model.derp_check import NodeReport, PassageReport, StepName, StepState
from natscope.model.finding import Severity
from natscope.model.tri import Tri
from natscope.relay_check.claims import Claim, decides, fact, fix
from natscope.relay_check.steps_relay import (
    SERIOUS_LOSS,
    is_untidy,
    loss_of,
    mesh_passages,
    passage_report,
    untidy_words,
)
from natscope.relay_check.view import CheckView, NodeView

ONE_EACH = fix(
    "Give each relay an address and a node of its own in the map, without a load balancer (or several addresses of one "
    "name) in front.",
    "30 min",
    effort="E3",
    undo="put the balancer back",
)
MESH = fix(
    "On the relays of this region: start both with the same mesh key, each with --mesh-with the others (the same on "
    "both sides), and look in their logs whether they connect; or make each its own region in the map.",
    "15 min",
    effort="E3",
)
RESTART = fix(
    "On the relay: look in its log and at its load, and restart it; look whether something in front of it takes "
    "requests in and keeps them.",
    "10 min",
)
LOAD = fix(
    "On the relay: look at its load, its uplink and its dropped packets (derp_packets_dropped).", "15 min", effort="E3"
)


def find_relay(check: CheckView, view: NodeView, node: NodeReport) -> Iterator[Claim]:
    """Everything between clients."""
    several = list(_several_servers(view))
    yield from several
    if not several:  # clients on different servers do not meet: that is said already
        yield from _drops(view, node)
        yield from _untidy(view)
    yield from _mesh(check, view)


def _several_servers(view: NodeView) -> Iterator[Claim]:
    keys = view.server_keys
    if len(keys) < 2:
        return
    places = {key: sorted({o.target for o in seen}) for key, seen in keys.items()}
    apart = all(len(where) == 1 for where in places.values()) and len({w[0] for w in places.values()}) == len(places)
    if apart:
        detail = " and ".join(f"{where[0]} is {key[:8]}…" for key, where in places.items())
        detail = f"Its addresses are different relays, told by their keys: {detail}."
    else:
        counts = ", ".join(f"{key[:8]}… {len(seen)} times" for key, seen in keys.items())
        detail = f"The same address showed different server keys ({counts}): a load balancer spreads the connections."
    yield Claim(
        "NS-REL-05", view.node.name, Severity.FAIL,
        (decides("it showed several keys", tuple(seen[0].id for seen in keys.values())),),
        f"{len(keys)} servers stand behind one name, so clients that land on different ones do not meet.",
        detail, (ONE_EACH,),
    )  # fmt: skip


def _drops(view: NodeView, node: NodeReport) -> Iterator[Claim]:
    passages = [passage_report(o) for o in view.passages]
    broken = [p for p in passages if p.works is Tri.NO]
    if broken:
        hellos = sum(int(o.data.get("hellos", 0)) for o in view.passages)
        pings = all(p.pings_answered is Tri.YES for p in broken)
        absent = any(p.absent for p in broken)
        lost = next((p.reason for p in broken if p.reason), "")
        seen = tuple(name for p in broken for name in p.evidence)
        grounds = [fact("it lets both clients in", seen), fact("no packet between them arrives", seen)]
        if pings or absent:
            also = "it answers pings of both clients meanwhile" if pings else "it says that the receiver is unknown"
            grounds.append(decides(also, seen))
        yield Claim(
            "NS-REL-21", view.node.name, Severity.FAIL, tuple(grounds),
            "lets clients in and drops their packets." if not lost else "lets clients in and loses them again.",
            _silence(hellos, pings=pings, absent=absent, lost=lost), (RESTART,),
        )  # fmt: skip
    step = node.step(StepName.RELAY)
    if not passages and step.state is StepState.FAIL:
        alone = fact("connections one after another went well"), fact("two at a time did not", step.evidence)
        yield Claim(
            "NS-REL-21", view.node.name, Severity.FAIL, alone, "lets one client in, and not a second.",
            "Connections one after another went well; two at a time did not.", (RESTART,),
        )  # fmt: skip


def _silence(hellos: int, *, pings: bool, absent: bool, lost: str) -> str:
    if lost:
        return f"Of {hellos} packets between two clients none arrived: {lost}."
    if absent:
        why = "it says that it does not know the receiver, who is connected"
        return f"Of {hellos} packets between two clients none arrived: {why}."
    control = ", while it answers pings of both clients" if pings else ""
    return f"Of {hellos} packets between two clients none arrived{control}."


def _untidy(view: NodeView) -> Iterator[Claim]:
    passages = [p for p in map(passage_report, view.passages) if p.works is Tri.YES and p.loss is not None]
    if not passages or not is_untidy(passages):
        return
    loss = loss_of(passages)
    sent, arrived = sum(p.sent for p in passages), sum(p.arrived for p in passages)
    serious = loss > SERIOUS_LOSS
    seen = tuple(name for p in passages for name in p.evidence)
    grounds = (
        fact("packets did not arrive, or not as they were sent", seen),
        fact("the same connections carried others, and TCP repeats what the network loses", seen),
    )
    yield Claim(
        "NS-REL-10", view.node.name, Severity.FAIL if serious else Severity.WARN, grounds,
        _loss_words(passages) if loss else f"packets arrive otherwise than they were sent: {untidy_words(passages)}.",
        f"{arrived} of {sent} packets, sent one by one, arrived{_by_size(passages)}; TCP repeats what gets lost on the "
        "way, so the relay threw them away.",
        (LOAD,),
    )  # fmt: skip


def _loss_words(passages: list[PassageReport]) -> str:
    """Which packets."""
    gone = [size for size, (_, arrived) in _sizes(passages).items() if not arrived]
    whole = [size for size, (sent, arrived) in _sizes(passages).items() if arrived == sent]
    if gone and whole and len(gone) + len(whole) == len(_sizes(passages)) and min(gone) > max(whole):
        return f"packets of {min(gone)} bytes do not arrive, those of {max(whole)} do."
    return "packets get lost."


def _by_size(passages: list[PassageReport]) -> str:
    """Where one size fares worse than another."""
    sizes = _sizes(passages)
    shares = {arrived / sent for sent, arrived in sizes.values() if sent}
    if len(shares) < 2:
        return ""
    told = ", ".join(f"{size} bytes: {sizes[size][1]} of {sizes[size][0]}" for size in sorted(sizes))
    return f" ({told})"


def _sizes(passages: list[PassageReport]) -> dict[int, tuple[int, int]]:
    """Bytes to how many were sent and arrived, both directions."""
    sizes: dict[int, tuple[int, int]] = {}
    for passage in passages:
        for row in passage.sizes:
            sent, arrived = sizes.get(row.bytes, (0, 0))
            sizes[row.bytes] = (sent + row.sent, arrived + row.arrived)
    return sizes


def _mesh(check: CheckView, view: NodeView) -> Iterator[Claim]:
    """Told once a pair, at the sender that stands first in the map."""
    several = {other.node.name for other in check.nodes if len(other.server_keys) > 1}
    for passage in mesh_passages(check, view):
        first = min(passage.sender, passage.receiver)
        if passage.works is not Tri.NO or view.node.name != first:
            continue
        back = next(
            (p for p in mesh_passages(check, view) if (p.sender, p.receiver) == (passage.receiver, passage.sender)),
            None,
        )
        both = back is not None and back.works is Tri.NO
        if both and passage.sender != first:
            continue
        way = "do not forward for each other" if both else f"do not forward from {passage.sender} to {passage.receiver}"
        told = passage.absent or (both and back is not None and back.absent)
        why = (
            f"{passage.sender} says that it does not know the receiver"
            if told
            else "no packet arrives, and nobody says why"
        )
        unsure = {passage.sender, passage.receiver} & several
        grounds = [
            fact("each of them lets a client in", passage.evidence),
            fact("no packet from the one client to the other arrives", passage.evidence),
        ]
        if told and not unsure:
            grounds.append(decides("a relay says that it does not know the receiver", passage.evidence))
        yield Claim(
            "NS-REL-12", f"{passage.sender} and {passage.receiver}", Severity.FAIL, tuple(grounds),
            f"these nodes of region {view.region.region_code} {way}: their mesh is broken.",
            f"A client on the one and a client on the other do not meet: {why}.", (MESH,),
        )  # fmt: skip
