"""The verdict over all kinds of peers: direct, sometimes, relayed or unknown, with the share of peers in words."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.diagnosis.pair.predict import DIRECT, RELAY
from natscope.diagnosis.pair.side import Side
from natscope.diagnosis.words import as_sentence
from natscope.model.preflight import Expected, Forecast, PeerForecast, PeerKind
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope.model.verdict import Direct

NEARLY_ALL, MOST, FEW, NONE = "nearly every peer", "most peers", "few peers", "no peer"
_SHOWN_BY_CLASSES = frozenset(
    {
        "NS-NAT-01",
        "NS-NAT-03",
        "NS-NAT-04",
        "NS-NAT-05",
        "NS-NAT-09",
        "NS-UDP-01",
        "NS-UDP-02",
        "NS-REL-02",
        "NS-ENV-03",
    }
)
_ONLY = {
    PeerKind.SERVER: "a public address or an open port",
    PeerKind.IPV6: "IPv6",
}


def forecast(report: Report, this: Side, peers: Sequence[PeerForecast]) -> Forecast:
    """By the kinds: ordinary homes decide between direct and sometimes."""
    paths = {peer.kind: peer.path for peer in peers}
    if filtered := filtered_by(report):
        return _filtered(report, filtered)
    if this.blurred or report.interrupted:
        return _unknown(report, _why_blurred(report, this))
    if report.verdict.direct is Direct.NO:
        return _relayed(report)
    special = [kind for kind in _ONLY if paths[kind] == DIRECT]
    sure = _listed(special)
    if report.verdict.direct is Direct.UNKNOWN:
        return _unknown(report, report.udp_reason, f"Peers with {sure} will be direct." if sure else "")
    if paths[PeerKind.HOME] == DIRECT:
        return _direct(paths)
    if special and (paths[PeerKind.HOME] == RELAY or this.v4.varies.value is Tri.YES):
        return _sometimes(this, special, peers)
    if all(paths[kind] == RELAY for kind in PeerKind):
        return _relayed(report)
    question = next((peer.reason for peer in peers if peer.path not in (DIRECT, RELAY)), "")
    return _unknown(report, question or report.udp_reason, f"Peers with {sure} will be direct." if sure else "")


def filtered_by(report: Report) -> str:
    """What the netcheck has against direct connections that no class of router shows: a filter on the way, in words."""
    verdict = report.verdict
    if verdict.direct is not Direct.UNLIKELY or not set(verdict.reasons) - _SHOWN_BY_CLASSES:
        return ""
    return verdict.sentence.partition(", ")[2].rstrip(".")


def _filtered(report: Report, words: str) -> Forecast:
    return Forecast(
        expected=Expected.SOMETIMES,
        share=FEW,
        sentence=f"Direct: sometimes. {words[:1].upper()}{words[1:]}, so most peers will be relayed.",
        explanation=report.verdict.explanation or "Direct connections need what is filtered here.",
    )


def _listed(special: Sequence[PeerKind]) -> str:
    both = " or ".join(_ONLY[kind] for kind in special)
    return both.replace(" or ", ", ", 1) if len(special) > 1 else both


def _direct(paths: dict[PeerKind, str]) -> Forecast:
    share = NEARLY_ALL if paths[PeerKind.RANDOM] == DIRECT else MOST
    rest = {
        DIRECT: "Even peers whose routers pick random ports get through.",
        RELAY: "Peers whose routers pick random ports will be relayed.",
    }.get(paths[PeerKind.RANDOM], "Whether peers whose routers pick random ports get through was not measured.")
    return Forecast(
        expected=Expected.DIRECT,
        share=share,
        sentence=f"Direct: likely. From this network a mesh VPN will reach {share} directly.",
        explanation=f"UDP works, and a peer knows where to write to. {rest}",
    )


def _sometimes(this: Side, special: Sequence[PeerKind], peers: Sequence[PeerForecast]) -> Forecast:
    with_what = _listed(special)
    home = next(peer for peer in peers if peer.kind is PeerKind.HOME)
    others = "will be relayed" if home.path == RELAY else "probably will not"
    return Forecast(
        expected=Expected.SOMETIMES,
        share=FEW,
        sentence=f"Direct: sometimes. Peers with {with_what} will be direct, the others {others}.",
        explanation=_why_sometimes(this, home),
    )


def _why_sometimes(this: Side, home: PeerForecast) -> str:
    if this.v4.varies.value is not Tri.YES:
        return as_sentence(home.reason)
    why = "Each peer sees another public port or address of yours, so most peers do not know where to write to."
    return why if home.path == RELAY else f"{why} Whether your router opens a port that helps is not known."


_CLOSED = {
    "NS-ENV-03": "This computer's own rules keep UDP in",
    "NS-HOST-01": "This computer's own rules drop answers over UDP",
    "NS-UDP-02": "Only a few UDP ports get through here",
}


def _relayed(report: Report) -> Forecast:
    """Silence is a no only beside a control that answered: else the side would be blurred."""
    relays = any(relay.latency_ms.https is not None for relay in report.relays)
    relays = relays or (report.web is not None and report.web.relay_by_proxy is Tri.YES)
    found = {finding.id for finding in report.findings}
    why = next((words for cause, words in _CLOSED.items() if cause in found), "UDP does not get through here")
    unsure = "" if relays else ", if relays are reached at all"
    rest = "Direct connections need UDP."
    rest += " Relays carry everything over HTTPS: that works, and is slower." if relays else ""
    return Forecast(
        expected=Expected.RELAYED,
        share=NONE,
        sentence=f"Direct: no. {why}, so everything will be relayed{unsure}.",
        explanation=rest,
    )


def _why_blurred(report: Report, this: Side) -> str:
    if report.interrupted:
        return "the measurement was stopped"
    if report.captive_portal is Tri.YES:
        return "this network wants you to log in first"
    return this.blurred


def _unknown(report: Report, why: str, more: str = "") -> Forecast:
    """The netcheck's own words where it could not say either."""
    verdict = report.verdict
    said = verdict.sentence.partition(", ")[2].rstrip(".") if verdict.direct is Direct.UNKNOWN else ""
    explanation = f"{more} {verdict.explanation if said else ''}".strip()
    return Forecast(
        expected=Expected.UNKNOWN,
        sentence=f"Direct: unknown, {said or why.rstrip('.') or 'not enough was measured'}",
        explanation=explanation or "Measure again once that is out of the way.",
    )
