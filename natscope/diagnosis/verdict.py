"""The verdict: will peers connect directly, as far as one side's measurements can tell?

Rows of a table from the most dominating on; the first that holds answers. Whom the router lets in is not
measured here, so no sentence says anything about it; "likely" rests on both sides sending at the same time,
which mesh VPNs do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from natscope.diagnosis.claim import Claim
from natscope.diagnosis.facts import FAMILIES, Facts
from natscope.diagnosis.words import as_sentence
from natscope.model.finding import Certainty, Severity
from natscope.model.nat import Filtering, Mapping
from natscope.model.observation import Outcome
from natscope.model.report_dns import NameServerState
from natscope.model.tri import Tri
from natscope.model.verdict import Direct, Verdict

Claims = dict[str, Claim]
Rule = Callable[[Facts, Claims], Verdict | None]


def decide(facts: Facts, claims: Sequence[Claim]) -> Verdict:
    """The first rule that has an answer."""
    by_id = {claim.cause.id: claim for claim in claims}
    for rule in RULES:
        verdict = rule(facts, by_id)
        if verdict is not None:
            return verdict
    return _unknown("not enough was measured", as_sentence(facts.report.udp_reason))


def _interrupted(facts: Facts, claims: Claims) -> Verdict | None:
    if not facts.report.interrupted:
        return None
    return _unknown(f"stopped after {facts.report.duration_ms / 1000:.1f} s")


def _hijacked(facts: Facts, claims: Claims) -> Verdict | None:
    """Software on this computer carries the packets elsewhere: nothing that was measured is about the network here."""
    claim = claims.get("NS-ENV-01") or claims.get("NS-ENV-02")
    if claim is None:
        return None
    seen = "What relays saw is its way out, not your router."
    if claim.severity is not Severity.FAIL:
        why = f"{seen} Your mesh VPN's own packets go past it, but not natscope's: measure once without it."
        return _unknown("an exit node or VPN carries what natscope sends", why, reasons=(claim.cause.id,))
    if claim.support.title and claim.cause.id == "NS-ENV-01":
        return _unknown("a proxy program answers in the relays' place", reasons=(claim.cause.id,))
    who = "a proxy program takes" if claim.cause.id == "NS-ENV-01" else "a VPN carries"
    why = f"{seen} Let your mesh VPN's program go past it, or switch it off for one run, then measure again."
    return _unknown(f"{who} this computer's packets", why, reasons=(claim.cause.id,))


def _wrong_interface(facts: Facts, claims: Claims) -> Verdict | None:
    claim = claims.get("NS-ENV-07")
    if claim is None or claim.certainty is not Certainty.CERTAIN:
        return None
    why = f"{claim.support.detail} Let the system send by the one that works, then measure again."
    return _unknown("packets leave by an interface that leads nowhere", why, reasons=("NS-ENV-07",))


def _own_firewall(facts: Facts, claims: Claims) -> Verdict | None:
    """Its rules drop answers, and none came."""
    claim = claims.get("NS-HOST-01")
    if claim is None or claim.severity is not Severity.FAIL:
        return None
    sentence = "Direct: no. This computer's own firewall drops answers over UDP."
    return Verdict(direct=Direct.NO, sentence=sentence, reasons=("NS-HOST-01",), explanation=claim.support.detail)


def _captive(facts: Facts, claims: Claims) -> Verdict | None:
    claim = claims.get("NS-ENV-06")
    if claim is None or not claim.hides:
        return None
    return _unknown("this network wants you to log in first", reasons=("NS-ENV-06",))


def _no_network(facts: Facts, claims: Claims) -> Verdict | None:
    """This host's own tables: nothing got out, and each family lacks an address or a route.

    A family that has an address and was not tried (a flag, names that nobody looks up) may well lead out.
    """
    sent = any(o.outcome is not Outcome.LOCAL_ERROR for o in facts.seen("stun.binding") + facts.seen("https.latency"))
    works = (facts.works(4).holds, facts.works(6).holds)
    untried = any(facts.works(f).holds is Tri.UNKNOWN and facts.family(f).local for f in FAMILIES)
    if sent or facts.udp or untried or Tri.YES in works or Tri.NO not in works:
        return None
    what = "It has no address or no route that leads to the internet. Connect it, then measure again."
    return _unknown("this computer has no network", what)


def _own_rules(facts: Facts, claims: Claims) -> Verdict | None:
    """Certain when something else got out; where nothing did, a full table of connections would look the same."""
    claim = claims.get("NS-ENV-03")
    if claim is None:
        return None
    if claim.certainty is not Certainty.CERTAIN:
        return _unknown("this computer refuses to send over UDP", reasons=("NS-ENV-03",))
    sentence = "Direct: no. This computer's own rules keep UDP in."
    return Verdict(direct=Direct.NO, sentence=sentence, reasons=("NS-ENV-03",))


def _stale_port(facts: Facts, claims: Claims) -> Verdict | None:
    """Only one port is deaf: nothing was learned of the rest."""
    if "NS-NAT-18" not in claims:
        return None
    why = "From another local port relays answer. Give the VPN another port, or wait some minutes, then measure again."
    return _unknown("answers to this local port get lost", why, reasons=("NS-NAT-18",))


def _filtered(facts: Facts, claims: Claims) -> Verdict | None:
    """Somebody reads packets: what a VPN needs is dropped for its look."""
    if "NS-UDP-03" in claims:
        how = "UDP passes, but nobody learns his public address by STUN, so no peer knows where to write to."
        sentence = "Direct: unlikely, this network filters STUN"
        return Verdict(direct=Direct.UNLIKELY, sentence=sentence, reasons=("NS-UDP-03",), explanation=how)
    if "NS-UDP-04" in claims:
        how = "Peers may find each other, but WireGuard's handshake does not arrive."
        sentence = "Direct: unlikely, this network drops what looks like WireGuard"
        return Verdict(direct=Direct.UNLIKELY, sentence=sentence, reasons=("NS-UDP-04",), explanation=how)
    return None


def _blocked(facts: Facts, claims: Claims) -> Verdict | None:
    claim = claims.get("NS-UDP-01")
    if claim is None:
        return _few_ports(claims)
    if claim.certainty is not Certainty.CERTAIN:
        sentence = "Direct: unlikely, nothing comes back over UDP"
        reasons = tuple(name for name in ("NS-UDP-01", "NS-REL-02") if name in claims)
        return Verdict(direct=Direct.UNLIKELY, sentence=sentence, reasons=reasons)
    how = "This network refuses UDP" if facts.refused_on_the_way else "This network drops UDP"
    why = ""
    if "NS-HOST-05" in claims:
        how, why = "UDP gets lost here", "In this network or on this computer: a security suite runs that could do it."
    web = facts.report.web
    by_proxy = web is not None and web.relay_by_proxy is Tri.YES
    relayed = by_proxy or any(relay.latency_ms.https is not None for relay in facts.relays)
    rest = ", so everything goes through a relay" if relayed else ""
    return Verdict(direct=Direct.NO, sentence=f"Direct: no. {how}{rest}.", explanation=why, reasons=("NS-UDP-01",))


def _few_ports(claims: Claims) -> Verdict | None:
    if "NS-UDP-02" not in claims:
        return None
    how = "Peers use any port, so hardly one of them is within reach, and nobody learns your public address."
    sentence = "Direct: unlikely, this network lets UDP out to a few ports only"
    return Verdict(direct=Direct.UNLIKELY, sentence=sentence, reasons=("NS-UDP-02",), explanation=how)


def _silent(facts: Facts, claims: Claims) -> Verdict | None:
    if facts.udp:
        return None
    if facts.relays and not any(facts.alive(relay) is Tri.YES for relay in facts.relays):
        if _is_nameless(facts):
            reasons = tuple(name for name in ("NS-CTL-10", "NS-HOST-02") if name in claims)[:1]
            why = "The map names its relays and has no addresses, so none could be asked."
            return _unknown("names do not resolve", why, reasons)
        told = any(claim.severity is Severity.FAIL for claim in claims.values())
        what = "" if told else " Look whether this computer is online at all, then measure again."
        return _unknown("no relay answered", f"{as_sentence(facts.report.udp_reason)}{what}".strip())
    if "NS-HOST-04" in claims:  # the finding says it all, and stands right below
        return _unknown("nothing was learned over UDP", "", reasons=("NS-HOST-04",))
    return _unknown("nothing was learned over UDP", as_sentence(facts.report.udp_reason))


def _is_nameless(facts: Facts) -> bool:
    """No relay's name could be looked up, and no name server is of any use."""
    names = facts.report.dns
    useless = names is not None and names.state not in (NameServerState.ANSWERS, NameServerState.UNKNOWN)
    return useless and all(relay.error is not None and relay.error.code == "dns" for relay in facts.relays)


def _open_port(facts: Facts, claims: Claims) -> Verdict | None:
    """A port that was proved serves every peer, however the router translates."""
    group = facts.report.port_mapping
    proved = [
        n for n, s in (("PCP", group.pcp), ("NAT-PMP", group.nat_pmp), ("UPnP", group.upnp)) if s.proof == "proved"
    ]
    if not proved:
        return None
    explanation = (
        f"Asked by {proved[0]}, your router opened a port, and a packet from outside came in by it. Where your VPN "
        "asks for one too, peers reach you there however your router or theirs translates."
    )
    how = "when asked" if "NS-MAP-05" in claims else "for peers"  # after a restart it is no longer open
    sentence = f"Direct: likely, your router opens a port {how}"
    return Verdict(direct=Direct.LIKELY, sentence=sentence, explanation=explanation)


_LETS_IN = {
    Filtering.ENDPOINT_INDEPENDENT: (
        "nearly every peer",
        "Everybody is let in there, so even peers whose routers pick random ports get through.",
    ),
    Filtering.ADDRESS_DEPENDENT: (
        "nearly every peer",
        "Hosts that you write to are let in from any port, so even peers whose routers pick random ports.",
    ),
    Filtering.ADDRESS_AND_PORT_DEPENDENT: (
        "most peers",
        "Only ports that you write to are let in: not enough for peers whose routers pick random ones.",
    ),
    Filtering.UNKNOWN: (
        "most peers",
        "Whom your side lets in was not measured; a peer whose router picks random ports may still need a relay.",
    ),
}
"""With which peers, and why, by whom this side lets in (the pair matrix: one side with one public port for all)."""


def _varies(facts: Facts, claims: Claims) -> Verdict | None:
    """The public port or address is another one for each destination."""
    if not facts.mapping_varies(4) and "NS-NAT-09" not in claims:
        return None
    reasons = tuple(name for name in ("NS-NAT-01", "NS-NAT-04", "NS-NAT-09") if name in claims)
    what = "address" if reasons == ("NS-NAT-09",) else "port"
    works6 = facts.works(6)
    rest = "an open port or IPv6" if works6 else "an open port"
    explanation = (
        f"What relays see of your public {what} is not what a peer would see, so no peer knows where to write to. "
        "Peers with an open port still get direct"
    )
    more = ", and so do peers with IPv6: yours works." if works6 else "."
    return Verdict(
        direct=Direct.UNLIKELY,
        sentence=f"Direct: unlikely, except to peers with {rest}",
        reasons=reasons,
        explanation=explanation + more,
    )


_BURNS = "A packet that comes before yours takes your port away: with such peers, let this side begin (NS-NAT-15)."


def _same(facts: Facts, claims: Claims) -> Verdict | None:
    """One public port for all, or no translation at all."""
    part = facts.nat(4)
    if facts.seen_from_outside.holds is Tri.NO and part.mapping_varies is not Tri.YES and _answered(facts) > 1:
        how = "The relays that answered are inside this network, so nothing was learned about the way to the internet."
        sentence = "Direct: likely, with peers in the relays' network; elsewhere is not known"
        return Verdict(direct=Direct.LIKELY, sentence=sentence, explanation=how)
    if part.mapping is Mapping.NONE:
        how = "This computer has a public IPv4 address of its own, so a peer knows where to write to."
    elif part.mapping_varies is Tri.NO or part.mapping is Mapping.ENDPOINT_INDEPENDENT:
        how = "Relays at different addresses see the same public port, so a peer knows where to write to."
    else:
        return None
    peers, rest = _LETS_IN.get(part.filtering, _LETS_IN[Filtering.UNKNOWN])
    burns = f" {_BURNS}" if part.port_burns is Tri.YES else ""
    return Verdict(direct=Direct.LIKELY, sentence=f"Direct: likely, with {peers}", explanation=f"{how} {rest}{burns}")


def _only_six(facts: Facts, claims: Claims) -> Verdict | None:
    """IPv4 says nothing, or is not there; IPv6 works, and a relay outside this network saw it."""
    if not facts.works(6) or facts.seen_from_outside.holds is Tri.NO:
        return None
    why = facts.nat(4).reasons.get("mapping_varies", "") if facts.works(4) else ""
    return Verdict(
        direct=Direct.LIKELY,
        sentence="Direct: likely, with peers that have IPv6",
        explanation=" ".join(
            part for part in ("IPv6 answers.", as_sentence(why and f"IPv4 could not be judged: {why}")) if part
        ),
    )


def _answered(facts: Facts) -> int:
    """How many relays answered over UDP."""
    return sum(bool(facts.stun_answered(relay)) for relay in facts.relays)


def _changed(facts: Facts, claims: Claims) -> Verdict | None:
    """What was told before the change is void; what to do says the finding."""
    part = facts.nat(4)
    if part.address_changed is not Tri.YES or part.mapping_varies.known:
        return None
    several = len({endpoint.address for endpoint in facts.family(4).endpoints}) > 1
    reasons = ("NS-NAT-19",) if "NS-NAT-19" in claims else ()
    return _unknown(f"your public {'address' if several else 'port'} changed during the run", reasons=reasons)


def _one_relay(facts: Facts, claims: Claims) -> Verdict | None:
    """UDP works, but ports could not be compared."""
    if _answered(facts) == 1:
        why = "UDP gets out and an answer comes back. With a second relay to ask, more can be said."
        return _unknown("only one relay answered, and comparing ports takes two", why)
    why = facts.nat(4).reasons.get("mapping_varies", "")
    return _unknown("whether your public port is the same for all was not seen", as_sentence(why))


def _unknown(why: str, explanation: str = "", reasons: tuple[str, ...] = ()) -> Verdict:
    return Verdict(direct=Direct.UNKNOWN, sentence=f"Direct: unknown, {why}", reasons=reasons, explanation=explanation)


RULES: tuple[Rule, ...] = (
    _interrupted,
    _hijacked,
    _captive,
    _no_network,
    _own_rules,
    _own_firewall,
    _wrong_interface,
    _stale_port,
    _filtered,
    _blocked,
    _silent,
    _open_port,
    _varies,
    _same,
    _only_six,
    _changed,
    _one_relay,
)
