"""The page `docs/accuracy.md` from what was measured: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

PROGRAMS = ("natscope", "tailscale netcheck", "pystun3", "stun-client", "natdiscovery")
SHORT_S = 10.0

HEAD = """# Accuracy

Five programs on the first host of every network that the lab can build with namespaces, held against what is true there
by the network's configuration ([scenarios](../fixtures/natscope_scenarios), `natscope lab truth NAME`). Made by
`python benchmarks/accuracy.py --write`; every number is measured.

A cell says how many facts of the truth the program told rightly, wrongly and not at all, then seconds and packets that
left the host. Programs differ in what they try: pystun3, stun-client and coturn's natdiscovery ask one STUN server with
two addresses, `tailscale netcheck` and natscope ask the relays of the map. Facts that nobody at that host could know
count as right where natscope says `unknown`. Several networks were measured at once on two processors, and natscope ran
with `--hairpin` too: its seconds are more than a usual run takes.

The second column is the NAT's name in RFC 3489 that follows from the truth, `unknown` where nobody there can tell or
the RFC has no name. A cell begins with the name that the program's own words come to, where it was kept when that
network was measured: `one port for all` and `varies` are programs that look at the mapping alone, `no name` said too
little.
"""

ADDED_HEAD = """## Networks that were added since

The table above, its sums and its lists are of one run of everything. These networks came later and were measured alone
(`python benchmarks/accuracy.py --add NETWORK …`); they count in no sum.
"""


LOSS = """## Behind loss

In the simulator, the link of each host losing that share of the packets each way.

| command | networks | runs | told behind 2 % | told behind 10 % | wrong |
|---|---|---|---|---|---|
| `python benchmarks/nat_loss.py --seeds 100`: mapping, filtering | 104 | 22200 | 99 % at least | 96 % at least | 0 |
| `python benchmarks/nat_loss.py --reports --seeds 6`: every claim | 119 | 1536 | 99.9 % of all | 99.6 % of all | 0 |

Left out are networks with faults in time and those that hang on chance, of whole reports also those that measure for
minutes. A finding may be missed, and one that is true and less exact told in its place; a home relay is chosen among
those that answered. More seeds find runs in which every packet to one sound relay got lost and none to the others: no
report can tell that from a relay which is closed.
"""

FINDINGS = "## Findings: the right one first"
FINDINGS_HEAD = f"""{FINDINGS}

Each network's truth names the findings that belong there, the one that matters first (none where all is well). Right is
a report in which that one is told first and nothing louder than "info" stands beside those of the truth. The simulator
is asked of every host (`python benchmarks/accuracy_findings.py --write`); the namespaces of the first host of each
network, together with the table above.
"""
PAIRS_HEAD = """## Pairs: prediction against fact

From the reports of two sides natscope foretells whether they connect directly. Here two plain UDP hole punchers
(`tests/punching/punch.py`, not natscope's code) try it in the simulator, for every pair of networks, each with itself
too (`python benchmarks/accuracy_pairs.py`). Where the reports leave open what becomes of a pair, it is `unknown`: in
brackets are the networks whose side that is, and in how many pairs.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One program in one scenario. `wrong` are sentences, `untold` names of facts, `unknowable` why each is.

    `verdict` is the NAT's name that its words come to; empty in rows that were kept from before it was.
    """

    program: str
    right: int
    verdict: str = ""
    wrong: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    unknowable: Mapping[str, str] = field(default_factory=dict)
    seconds: float
    packets: int
    out_of_place: tuple[str, ...] | None = None
    """Natscope's findings that are not the truth's, or not in its order; None in rows kept from before it was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One scenario; `truth` is the NAT's name, `failure` says why it was not measured."""

    scenario: str
    title: str
    truth: str = ""
    judged: tuple[Judged, ...] = ()
    failure: str = ""

    def of(self, program: str) -> Judged | None:
        """What one program said."""
        return next((one for one in self.judged if one.program == program), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCell:
    """Two networks: what was foretold (`direct`, `relay`, `unknown`, with a clause), and what became of it."""

    first: str
    second: str
    told: str
    direct: bool
    reason: str = ""

    @property
    def is_wrong(self) -> bool:
        """Foretold otherwise; not knowing is not wrong."""
        return self.told in ("direct", "relay") and (self.told == "direct") != self.direct


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTable:
    """Every pair of some networks."""

    title: str
    cells: tuple[PairCell, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is not in place among the findings of one host; nothing where the right one is first."""

    scenario: str
    host: str
    out_of_place: tuple[str, ...] = ()


def page(
    rows: Sequence[Row],
    pairs: Sequence[PairTable] = (),
    left_out: Mapping[str, str] | None = None,
    simulated: Sequence[Told] = (),
) -> str:
    """The whole page; `left_out` says of networks that were not built here why not."""
    parts = [HEAD, *_table(rows), "", *_sums(rows), "", *_left_out(left_out or {})]
    parts += findings_section(simulated, rows)
    for program in PROGRAMS:
        parts += _wrong(rows, program)
    parts += ["## What nobody at that host can know", "", *_unknowable(rows), ""]
    parts += [LOSS] if left_out else []
    return "\n".join([*parts, *pairs_section(pairs)])


def with_added(text: str, rows: Sequence[Row]) -> str:
    """The page with these networks in the part of those that were added since, in place of what it said of them."""
    before, head, after = text.partition(ADDED_HEAD)
    if not head:
        before, mark, rest = text.partition("## Behind loss" if "## Behind loss" in text else "## Pairs:")
        after = f"\n{mark}{rest}"
    old, _, rest = after.partition("\n##")
    lines = {line.split("|")[1].strip(): line for line in old.splitlines() if line.startswith("| ")}
    table = list(_table(rows))
    lines |= {line.split("|")[1].strip(): line for line in table[2:]}
    lines.pop("network", None)
    told = [*table[:2], *(lines[name] for name in sorted(lines))]
    return before + ADDED_HEAD + "\n" + "\n".join(told) + (f"\n\n##{rest}" if rest else "\n")


def findings_section(simulated: Sequence[Told], rows: Sequence[Row] = ()) -> Iterator[str]:
    """Counts for each bed, and every report that is not right."""
    own = [(row.scenario, judged) for row in rows if (judged := row.of("natscope")) is not None]
    built = [
        Told(scenario=name, host="", out_of_place=one.out_of_place) for name, one in own if one.out_of_place is not None
    ]
    yield from FINDINGS_HEAD.split("\n")
    yield "| measured in | networks | reports | right | otherwise |"
    yield "|---|---|---|---|---|"
    beds = [(bed, told) for bed, told in (("the simulator", simulated), ("namespaces", built)) if told]
    for bed, told in beds:
        wrong = sum(bool(one.out_of_place) for one in told)
        networks = len({one.scenario for one in told})
        yield f"| {bed} | {networks} | {len(told)} | {len(told) - wrong} | {f'**{wrong}**' if wrong else '0'} |"
    yield ""
    said = [
        f"- In {bed}, {' '.join(filter(None, (one.scenario, one.host)))}: {'; '.join(one.out_of_place)}."
        for bed, told in beds
        for one in told
        if one.out_of_place
    ]
    if len(built) < len(own):
        said.append(f"- In namespaces {len(own) - len(built)} networks were measured before this was asked of them.")
    yield from [*said, ""] if said else []


def with_findings(text: str, simulated: Sequence[Told]) -> str:
    """A page with that section made again of the simulator; what it says of namespaces, and the rest, stay."""
    before, _, after = text.partition(f"{FINDINGS}\n")
    if not after:
        before, found, after = text.partition("## What natscope gets wrong")
        old, rest = "", found + after
    else:
        old, found, rest = after.partition("\n## ")
        rest = found.lstrip("\n") + rest
    kept = [line for line in old.split("\n") if line.startswith(("| namespaces ", "- In namespaces"))]
    made = list(findings_section(simulated))
    table = next(number for number, line in enumerate(made) if line.startswith("| the simulator ")) + 1
    made[table:table] = [line for line in kept if line.startswith("|")]
    made += [*(line for line in kept if line.startswith("-")), ""] if any(line.startswith("-") for line in kept) else []
    return "\n".join([before.rstrip("\n"), "", *made, rest])


def pairs_section(tables: Sequence[PairTable]) -> Iterator[str]:
    """Prediction against fact, in numbers; every miss, and why the rest could not be foretold."""
    if not tables:
        return
    yield from PAIRS_HEAD.split("\n")
    yield "| pairs of | networks | pairs | foretold direct, and is | foretold relay, and is | wrong | unknown |"
    yield "|---|---|---|---|---|---|---|"
    for table in tables:
        yield _pair_counts(table)
    yield ""
    for table in tables:
        yield from _pair_misses(table)
    yield ""


def _pair_counts(table: PairTable) -> str:
    cells = table.cells
    networks = {name for cell in cells for name in (cell.first, cell.second)}
    direct = sum(cell.told == "direct" and cell.direct for cell in cells)
    relay = sum(cell.told == "relay" and not cell.direct for cell in cells)
    wrong, unknown = sum(cell.is_wrong for cell in cells), sum(cell.told == "unknown" for cell in cells)
    bold = f"**{wrong}**" if wrong else "0"
    return f"| {table.title} | {len(networks)} | {len(cells)} | {direct} | {relay} | {bold} | {unknown} |"


def _pair_misses(table: PairTable) -> Iterator[str]:
    """Wrong ones by name; unknown ones by reason, how many of them are direct in fact, and the networks behind it."""
    wrong = [cell for cell in table.cells if cell.is_wrong]
    yield f"Of {table.title}:"
    yield ""
    for cell in wrong:
        fact = "direct" if cell.direct else "not direct"
        yield f"- {cell.first} with {cell.second}: foretold {cell.told}, {fact} in fact ({cell.reason})"
    if not wrong:
        yield "- No wrong prediction."
    reasons: dict[str, list[PairCell]] = {}
    for cell in table.cells:
        if cell.told == "unknown":
            reasons.setdefault(_as_of_first(cell.reason), []).append(cell)
    for reason, cells in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        direct = sum(cell.direct for cell in cells)
        counts = _behind(cells)
        names = ", ".join(f"{name} {count}" for name, count in counts.items()) if len(counts) > 1 else "".join(counts)
        yield f"- Unknown {len(cells)} times, {direct} of them direct: {reason} ({names})."
    yield ""


def _as_of_first(reason: str) -> str:
    """What is said of the peer, as it is said of one's own side."""
    for peer, own in (("the peer's", "your"), ("at the peer", "on your side"), ("the peer", "your side")):
        reason = reason.replace(peer, own)
    return reason


def _behind(cells: Sequence[PairCell]) -> dict[str, int]:
    """The networks that a reason speaks of, and in how many cells each, most first.

    A reason that names no side may be about either: the fewest networks that all cells have in common stand for them.
    """
    left, counts = list(cells), dict[str, int]()
    while left:
        met: dict[str, int] = {}
        for cell in left:
            for name in _spoken_of(cell):
                met[name] = met.get(name, 0) + 1
        most = min(met, key=lambda name: (-met[name], name))
        counts[most] = met[most]
        left = [cell for cell in left if most not in _spoken_of(cell)]
    return counts


def _spoken_of(cell: PairCell) -> frozenset[str]:
    """Whose side the reason is about; both where it does not say."""
    if "the peer" in cell.reason:
        return frozenset((cell.second,))
    if "your side" in cell.reason or "your own network" in cell.reason:
        return frozenset((cell.first,))
    return frozenset((cell.first, cell.second))


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "| network | in truth | " + " | ".join(PROGRAMS) + " |"
    yield "|---|---|" + "---|" * len(PROGRAMS)
    for row in rows:
        cells = [_cell(row.of(program)) for program in PROGRAMS] if not row.failure else [row.failure, *[""] * 4]
        yield f"| {row.scenario} | {row.truth} | " + " | ".join(cells) + " |"


def _cell(judged: Judged | None) -> str:
    if judged is None:
        return "–"
    wrong = f"**{len(judged.wrong)} wrong**" if judged.wrong else "0 wrong"
    seconds = f"{judged.seconds:.1f}" if judged.seconds < SHORT_S else f"{judged.seconds:.0f}"
    name = f"*{judged.verdict}*: " if judged.verdict else ""
    return f"{name}{judged.right} right, {wrong}, {len(judged.untold)} untold; {seconds} s, {judged.packets} packets"


def _left_out(reasons: Mapping[str, str]) -> Iterator[str]:
    if reasons:
        yield "Networks that only the simulator builds; `tests/lab/test_scenarios.py` holds natscope's reports of them:"
        yield ""
        yield from (f"- {name}: {why}" for name, why in sorted(reasons.items()))
        yield ""


def _sums(rows: Sequence[Row]) -> Iterator[str]:
    yield "| all of them | right | wrong | untold | seconds, median | packets, median |"
    yield "|---|---|---|---|---|---|"
    for program in PROGRAMS:
        all_of = [judged for row in rows if (judged := row.of(program)) is not None]
        if all_of:
            right, wrong = sum(j.right for j in all_of), sum(len(j.wrong) for j in all_of)
            untold = sum(len(j.untold) for j in all_of)
            seconds = sorted(j.seconds for j in all_of)[len(all_of) // 2]
            packets = sorted(j.packets for j in all_of)[len(all_of) // 2]
            yield f"| {program} | {right} | {wrong} | {untold} | {seconds:.1f} | {packets} |"


def _wrong(rows: Sequence[Row], program: str) -> Iterator[str]:
    """Per kind of mistake the networks in which it is made."""
    made: dict[str, list[str]] = {}
    untold: dict[str, int] = {}
    for row in rows:
        judged = row.of(program)
        for what in judged.wrong if judged else ():
            made.setdefault(what, []).append(row.scenario)
        for what in judged.untold if judged else ():
            untold[what] = untold.get(what, 0) + 1
    yield f"## What {program} gets wrong or cannot tell"
    yield ""
    yield from (f"- {what} ({', '.join(names)})" for what, names in sorted(made.items()))
    if not made:
        yield "- No wrong claim."
    if untold:
        told = ", ".join(f"{what} ({count})" for what, count in sorted(untold.items(), key=lambda item: -item[1]))
        yield f"- Not told, with the number of networks: {told}"
    yield ""


def _unknowable(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        judged = row.of("natscope")
        whys: dict[str, list[str]] = {}
        for what, why in (judged.unknowable if judged is not None else {}).items():
            whys.setdefault(why, []).append(what)
        if whys:
            yield f"- {row.scenario}: " + "; ".join(f"{', '.join(names)} ({why})" for why, names in whys.items())
