"""The way to relays over TCP: proxies, direct connections, and what the parts beside it found. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from natscope.model.observation import Observation, Outcome
from natscope.model.report_web import ProxySetting, WebReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_clock import judge_clocks
from natscope.netcheck.assemble_nodes import interception, node_checks
from natscope.netcheck.assemble_reach import came_back

NOT_ASKED = "no relay answered on port 80"
NO_PROXY = "no proxy of the environment applies to relays"
MAX_CITED = 12
WAYS = ("https.latency", "relay.check")
_UNFOLLOWED = {
    "pac": "a script names the proxy; scripts are named, not run",
    "wpad": "the network is to be searched for a script; that is not done",
    "socks": "SOCKS proxies are not asked",
}


def web_report(observations: Sequence[Observation], *, vendor: bool) -> WebReport | None:
    """The part, None where nobody looked at the settings."""
    settings = next((o for o in observations if o.kind == "proxy.settings"), None)
    if settings is None:
        return None
    tried = [o for o in observations if o.kind == "proxy.connect" and o.outcome is not Outcome.CANCELLED]
    fields: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    evidence: dict[str, tuple[str, ...]] = {"proxies": (settings.id,)}
    _proxy(tried, fields, reasons, evidence)
    direct, ids = _direct(observations, proxied=fields.get("relay_by_proxy") is Tri.YES)
    evidence["direct"] = ids
    if direct is Tri.UNKNOWN:
        reasons["direct"] = (
            "no relay was asked over TCP" if not ids else "no relay answered, and nothing else could be a control"
        )
    clocks, opened = judge_clocks(observations), interception(observations, vendor=vendor)
    plain, why, ids = plain_intercepted(observations)
    reasons |= {"plain_intercepted": why} if why else {}
    evidence |= {"plain_intercepted": ids, "clock": clocks.evidence, "intercepted": opened.evidence}
    reasons |= {"clock": clocks.reason} if clocks.reason else {}
    reasons |= {"intercepted": opened.reason} if opened.reason else {}
    return WebReport(
        proxies=_settings(settings),
        direct=direct,
        clock=clocks.right,
        clock_off_s=clocks.off_s,
        wrong_clocks=clocks.wrong,
        intercepted=opened.holds,
        issuer=opened.by,
        nodes=node_checks(observations),
        plain_intercepted=plain,
        portal_urls=tuple(settings.data.get("portals", ())),
        reasons=reasons,
        evidence={name: cited[:MAX_CITED] for name, cited in evidence.items() if cited},
        **fields,
    )


def plain_intercepted(observations: Sequence[Observation]) -> tuple[Tri, str, tuple[str, ...]]:
    """Whether somebody answers plain web requests in relays' place, why nobody knows, and the evidence.

    A login page does; so does a transparent proxy that answers 204 itself, which upstream takes for no portal and is
    none. Several relays without the answer to their challenge, or a proxy that names itself (Via), tell. One relay
    alone may stand behind a web server of its own.
    """
    seen = [o for o in observations if o.kind in ("captive.challenge", "relay.port80")]
    right = [o for o in seen if o.outcome is Outcome.ANSWERED]
    if right:
        return Tri.NO, "", tuple(o.id for o in right)
    altered = [o for o in seen if o.outcome is Outcome.WRONG and o.data.get("status")]
    unanswered = [o for o in seen if o.error == "no-challenge-answer"]
    named = [o for o in unanswered if o.data.get("via")]
    several = len({o.node for o in altered + unanswered}) > 1
    if several or named:
        return Tri.YES, "", tuple(o.id for o in altered + unanswered)
    told = altered + unanswered
    why = "one relay alone answered otherwise: it may stand behind a web server of its own" if told else NOT_ASKED
    return Tri.UNKNOWN, why, tuple(o.id for o in told)


def _settings(seen: Observation) -> tuple[ProxySetting, ...]:
    """The environment's first: only its proxies are asked, as relay clients do."""
    found = [
        ProxySetting(
            where=one["variable"],
            kind=_kind(one["url"]),
            url=one["url"],
            followed=bool(one["usable"]),
            reason="" if one["usable"] else _UNFOLLOWED.get(_kind(one["url"]), "that is no HTTP proxy"),
        )
        for one in seen.data.get("environment", ())
    ]
    for one in seen.data.get("system", ()):
        reason = _UNFOLLOWED.get(one["kind"], "of the settings of the desktop or system; programs like relay clients")
        if one["kind"] in ("http", "https"):
            reason = "relay clients read the environment, not these settings"
        found.append(ProxySetting(where=one["where"], kind=one["kind"], url=one["url"], followed=False, reason=reason))
    return tuple(found)


def _kind(url: str) -> str:
    scheme = url.partition("://")[0].lower()
    if scheme in ("http", "https"):
        return scheme
    return "socks" if scheme.startswith("socks") else "other"


def _proxy(
    tried: Sequence[Observation],
    fields: dict[str, Any],
    reasons: dict[str, str],
    evidence: dict[str, tuple[str, ...]],
) -> None:
    """A proxy lets through once it said 200; no is a refusal, or silence of the proxy itself where it was named."""
    if not tried:
        reasons["proxy"] = reasons["relay_by_proxy"] = NO_PROXY
        return
    fields["proxy_url"] = str(tried[0].data.get("proxy", ""))
    evidence["proxy"] = evidence["relay_by_proxy"] = tuple(o.id for o in tried)
    opened = [o for o in tried if o.data.get("proxy_status") == 200]
    refused = [o for o in tried if o.data.get("proxy_status") not in (None, 200)]
    behind = [o for o in tried if o.outcome is Outcome.ANSWERED]
    fields["proxy"] = Tri.YES if opened else Tri.NO
    fields["relay_by_proxy"] = Tri.YES if behind else Tri.NO
    if refused and not opened:
        fields["proxy_status"] = refused[0].data["proxy_status"]
    if not opened:
        reasons["proxy"] = tried[0].summary or tried[0].error
    if not behind:
        reasons["relay_by_proxy"] = tried[0].summary or tried[0].error
    times = [o.rtt_ms for o in behind if o.rtt_ms is not None]
    fields["relay_by_proxy_ms"] = min(times, default=None)


def _direct(observations: Sequence[Observation], *, proxied: bool) -> tuple[Tri, tuple[str, ...]]:
    """Yes with one relay that spoke. No only where nothing but silence and refusals came back, with a control: a relay
    that answered through a proxy is there, so its silence is the way's.
    """
    tried = [o for o in observations if o.kind in WAYS and o.outcome is not Outcome.CANCELLED]
    spoke = [o for o in tried if o.outcome in (Outcome.ANSWERED, Outcome.WRONG) or came_back(o)]
    if spoke:
        return Tri.YES, tuple(o.id for o in spoke)
    sent = [o for o in tried if o.outcome is not Outcome.LOCAL_ERROR or o.error == "permission"]
    told = [o for o in sent if o.outcome is not Outcome.NO_ANSWER]
    if sent and (proxied or len(told) == len(sent)):
        return Tri.NO, tuple(o.id for o in sent)
    return Tri.UNKNOWN, tuple(o.id for o in sent)
