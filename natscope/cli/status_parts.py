"""The parts of the overview around its table, and the words of single cells."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from natscope.cli.pen import LOOK, UNKNOWN, Pen
from natscope.cli.quantities import age, round_trip, size
from natscope.mesh.health import explain_health
from natscope.mesh.overview import ACTIVE, Overview, PeerLine, PeerState, ReportUse
from natscope.model.mesh_status import MeshNode
from natscope.model.pair import Blame
from natscope.model.tri import Tri

WORDS = {
    PeerState.DIRECT: "direct",
    PeerState.RELAYED: "relayed",
    PeerState.PEER_RELAY: "peer-relay",
    PeerState.UNKNOWN: "unknown",
    PeerState.IDLE: "idle",
    PeerState.OFFLINE: "offline",
    PeerState.EXPIRED: "key expired",
}
NOTHING = "–"
STDIN = "standard input"
MEASURE = "natscope status --netcheck"
SOON = timedelta(days=14)
TELLING = timedelta(minutes=1)
MAX_ROUTES = 8
ORIGINS = {"kept": "this computer's last netcheck", "fresh": "a netcheck of just now", "file": "the netcheck in"}


def name_of(line: PeerLine) -> str:
    """As people call it; an address where it has no name."""
    return line.called or address_of(line)


def address_of(line: PeerLine) -> str:
    """Its first mesh address, IPv4 before IPv6."""
    addresses = line.node.addresses
    return str(next((ip for ip in addresses if ip.version == 4), addresses[0])) if addresses else NOTHING


def path_of(line: PeerLine) -> str:
    """`direct v4`, `relay fra`, `peer-relay`, `idle` …"""
    if line.state is PeerState.DIRECT:
        return f"direct {line.via}".rstrip()
    if line.state is PeerState.RELAYED:
        return f"relay {line.relay}"
    return {PeerState.EXPIRED: "key expired", PeerState.UNKNOWN: "not told"}.get(line.state, line.state.value)


def rtt_of(line: PeerLine) -> str:
    """Never 0: what was not measured is a dash."""
    return NOTHING if line.rtt_s is None else round_trip(line.rtt_s)


def since_of(line: PeerLine, now: datetime | None, *, days: bool = False) -> str:
    """How long it has been so; `>` where the history does not reach back, and only where that says something. `days`:
    of a time in a saved status only the day.
    """
    if line.since is None:
        return NOTHING
    if line.since.at_least and now is not None and now - line.since.at < TELLING:
        return NOTHING
    told = f"{line.since.at.astimezone(UTC):%d %b %Y}" if days and now is None else time_of(line.since.at, now)
    return ("> " if line.since.at_least else "") + told


def time_of(at: datetime | None, now: datetime | None) -> str:
    """An age, or in a saved status, of which nobody knows when it was saved, the time itself in UTC."""
    if at is None:
        return NOTHING
    return age((now - at).total_seconds()) if now is not None else f"{at.astimezone(UTC):%d %b %Y %H:%M}"


def size_of(count: int | None) -> str:
    """Bytes; a dash where nobody counts."""
    return NOTHING if count is None else size(count)


def note_of(line: PeerLine, now: datetime | None = None) -> str:
    """The explanation in a few words; of a peer with which all is well, what else there is to say."""
    if line.state is PeerState.OFFLINE:
        return "not connected to control"  # the column before says since when
    if line.state is PeerState.EXPIRED:
        return "log in again on it"  # the column before says what is wrong
    if line.state in (PeerState.DIRECT, PeerState.IDLE):
        expiry = line.node.key_expiry
        if expiry is not None and now is not None and expiry - now < SOON:
            return f"key expires in {age((expiry - now).total_seconds())}"
        if line.node.is_exit_node:
            return "exit node"
    if line.state is PeerState.DIRECT and (line.why.blame is Blame.NOBODY or not line.why.causes):
        return ""
    return line.why.short


def this_node(overview: Overview, pen: Pen) -> Iterator[str]:
    """Who you are, home relay, version, and a key that runs out."""
    this = overview.status.this
    if this is None:
        return
    ip = next((str(ip) for ip in overview.status.addresses or this.addresses if ip.version == 4), "")
    who = " ".join(
        part for part in ("this is" if overview.is_saved else "you are", this.short_name or "unnamed") if part
    )
    told = [f"{who}, {ip}" if ip else who]
    if this.relay:
        told.append(f"home relay {this.relay}{_home_rtt(overview, this.relay)}")
    if overview.status.version:
        newer = overview.status.newer_version
        told.append(f"tailscaled {overview.status.version.partition('-')[0]}{f' ({newer} exists)' if newer else ''}")
    yield from pen.wrap(" · ".join(told))
    yield from _key(this, overview, pen)


def _home_rtt(overview: Overview, code: str) -> str:
    use = overview.report
    if use is None or use.report is None or use.is_outdated:
        return ""
    relay = next((r for r in use.report.relays if r.region_code == code), None)
    best = relay.latency_ms.relay if relay is not None else None
    return f", {round_trip(best / 1000)}" if best is not None else ""


def _key(this: MeshNode, overview: Overview, pen: Pen) -> Iterator[str]:
    if this.is_expired:
        yield from pen.wrap(
            "The key of this node has expired: no peer accepts it. → sudo tailscale up --force-reauth",
            sign=LOOK,
        )
    elif this.key_expiry is not None and overview.at is not None and this.key_expiry - overview.at < SOON:
        left = age((this.key_expiry - overview.at).total_seconds())
        yield from pen.wrap(
            f"The key of this node expires in {left}. → sudo tailscale up --force-reauth",
            sign=LOOK,
        )


def routes(overview: Overview, pen: Pen) -> Iterator[str]:
    """Networks behind peers, and the exit node in use."""
    found = [(route, line) for line in overview.lines for route in _routes(line.node)]
    exit_node = next((line for line in overview.lines if line.node.is_exit_node), None)
    if found:
        told = ", ".join(f"{route} via {name_of(line)}" for route, line in found[:MAX_ROUTES])
        more = f" and {len(found) - MAX_ROUTES} more" if len(found) > MAX_ROUTES else ""
        yield ""
        yield from pen.wrap(f"Routes: {told}{more}")
    if exit_node is not None:
        yield from pen.wrap(f"Exit node: {name_of(exit_node)}, {path_of(exit_node)}")


def _routes(node: MeshNode) -> list[str]:
    own = {f"{ip}/{32 if ip.version == 4 else 128}" for ip in node.addresses}
    return [route for route in node.routes if route not in own and route not in ("0.0.0.0/0", "::/0")]


def footer(overview: Overview, pen: Pen, verbosity: int = 0, *, measure: str = MEASURE) -> Iterator[str]:
    """What all this rests on: this side's netcheck, bytes by path, what could not be asked. `measure` is the command
    that measures this side anew.
    """
    lines = [*report(overview, pen, measure), *traffic(overview, pen, verbosity), *notes(overview, pen)]
    if lines:
        yield from ("", *lines)


def report(overview: Overview, pen: Pen, measure: str = MEASURE) -> Iterator[str]:
    """From which netcheck this side was judged, and whether that is still true; what to do where there is none."""
    if not any(line.state in ACTIVE for line in overview.lines):
        return
    use = overview.report
    if use is None:
        how = (
            "add --from netcheck.json, made there by: natscope netcheck --json"
            if overview.is_saved
            else f"{measure} measures it"
        )
        yield from pen.wrap(f"This side's network is not known: {how}", sign=UNKNOWN)
        return
    yield from judged_by(use, pen, measure)


def judged_by(use: ReportUse, pen: Pen, measure: str) -> Iterator[str]:
    """The netcheck that explains this side, or why the one that there is does not."""
    when = f", {age(use.age_s)} old" if use.age_s is not None and use.origin != "fresh" else ""
    origin = f"{ORIGINS[use.origin]}{f' {use.name}' if use.origin == 'file' else ''}{when}"
    if use.report is None:
        yield from pen.wrap(_not_used(use, origin, measure), sign=LOOK)
        return
    doubt = ""
    if use.is_outdated:
        doubt = f"; that is old. → {measure}"
    elif use.origin == "kept" and use.same_network is Tri.UNKNOWN:
        doubt = f"; the network may have changed since. → {measure}"
    yield from pen.wrap(f"This side is judged by {origin}{doubt}", role="" if doubt else "faint")


def then_here(use: ReportUse | None) -> str:
    """What to do with the other side's report: hold it against the file that judged this side, or a new one."""
    if use is not None and use.report is not None and use.origin == "file" and use.name != STDIN:
        return f"then here: natscope pair {shlex.quote(use.name)} peer.json"
    return "then, beside one made here as this.json: natscope pair this.json peer.json"


def _not_used(use: ReportUse, origin: str, measure: str) -> str:
    said = f"{origin[0].upper()}{origin[1:]}"
    if use.same_network is not Tri.NO:
        return f"{said}, is too old to be used. → {measure}"
    if use.origin == "file":
        return f"{said} is of another network than the status, so it is not used. → take one of the same computer"
    return f"{said}, is of another network, so it is not used. → {measure}"


def health(overview: Overview, pen: Pen, *, without: tuple[str, ...] = ()) -> Iterator[str]:
    """The program's own warnings, those that matter for connections first, but those with ids in `without`."""
    found = [note for note in explain_health(overview.status.health) if note.id not in without]
    if not found:
        return
    yield ""
    yield pen.paint("Health, as tailscaled tells it", "bold")
    for note in found:
        marked = note.matters or not note.id
        yield from pen.wrap(note.message, sign=LOOK if marked else "", first="· ")
        if note.meaning:
            yield from pen.wrap(note.meaning, "    ", first="    ", role="faint")
        if note.fix:
            yield from pen.wrap(note.fix, "    ", first="  → ")


def traffic(overview: Overview, pen: Pen, verbosity: int) -> Iterator[str]:
    """Bytes by path over all peers since the program began."""
    told = {path: found for path, found in (overview.traffic or {}).items() if found.bytes_in or found.bytes_out}
    if not told:
        return
    total = sum(found.bytes_in + found.bytes_out for found in told.values())
    shares = [
        f"{path.replace('_', ' ').replace('derp', 'relay')} {size(found.bytes_in + found.bytes_out)}"
        f" ({100 * (found.bytes_in + found.bytes_out) / total:.0f} %)"
        for path, found in sorted(told.items(), key=lambda item: -(item[1].bytes_in + item[1].bytes_out))
    ]
    if verbosity > 0:
        shares = [
            f"{path.replace('_', ' ').replace('derp', 'relay')}: {size(t.bytes_in)} in, {size(t.bytes_out)} out"
            for path, t in sorted(told.items())
        ]
    yield from pen.wrap(f"Since tailscaled began: {', '.join(shares)}", role="faint")


def notes(overview: Overview, pen: Pen) -> Iterator[str]:
    """What could not be asked."""
    for note in overview.notes:
        yield from pen.wrap(note, role="faint")
    if overview.status.problem_count:
        words = "; ".join(overview.status.problems[:3])
        count = overview.status.problem_count
        yield from pen.wrap(f"{count} odd {'field' if count == 1 else 'fields'} in the status: {words}", role="faint")


def everything(line: PeerLine, overview: Overview, pen: Pen) -> Iterator[str]:
    """All that is known of one peer, under its row."""
    indent = "      "
    why = line.why
    if line.state in ACTIVE or line.state is PeerState.EXPIRED:
        yield from pen.wrap(why.sentence, indent)
    for side, said in (("this side", why.this_side), ("its side", why.peer_side)):
        if said:
            yield from pen.wrap(f"{side}: {said}", indent, role="faint")
    for fix in why.fixes:
        yield from pen.wrap(f"{fix.do} ({fix.who}, {fix.duration})", indent, first="    → ")
    yield from pen.wrap(" · ".join(known(line, overview)), indent, role="faint")
    for unknown in why.unknowable:
        yield from pen.wrap(f"not known from here: {unknown}", indent, role="faint")
    if why.peer_command:
        yield from pen.wrap(f"to be certain, on {name_of(line)}: {why.peer_command}", indent, role="faint")


def known(line: PeerLine, overview: Overview) -> Iterator[str]:
    """System, version, relay, handshake, bytes, key, owner: what there is to know of a peer besides its path."""
    node, details = line.node, line.details
    yield node.os or "system not told"
    if details is not None and details.version:
        yield f"version {details.version.partition('-')[0]}"
    if line.endpoint is not None:
        yield f"at {line.endpoint}"
    yield f"home relay {node.relay}" if node.relay else "no home relay"
    if node.last_handshake is not None:
        yield f"handshake {_ago(node.last_handshake, overview.at)}"
    if node.bytes_in is not None or node.bytes_out is not None:
        yield f"in {size_of(node.bytes_in)}, out {size_of(node.bytes_out)}"
    if node.key_expiry is None:
        yield "key expiry not told"
    elif overview.at is not None and node.key_expiry > overview.at:
        yield f"key expires in {age((node.key_expiry - overview.at).total_seconds())}"
    else:
        yield f"key {'expired' if overview.at is not None else 'expires'} {_ago(node.key_expiry, overview.at)}"
    if node.tags or node.owner:
        yield ", ".join(node.tags) or node.owner


def _ago(at: datetime, now: datetime | None) -> str:
    return f"{time_of(at, now)} ago" if now is not None else time_of(at, now)
