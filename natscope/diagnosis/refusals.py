"""Who refused a UDP packet in words: an ICMP error "administratively prohibited" or "port unreachable", by its sender.

A host that says so has its port closed; a router in between that says so has a rule, and so has this computer itself
when the error carries its own address. RFC 1812 section 5.2.7.1, RFC 4443 section 3.1.
"""

from __future__ import annotations

from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation, Outcome

PROHIBITED, PORT_UNREACHABLE = "administratively prohibited", "port unreachable"
_UNNAMED = {"refused": PORT_UNREACHABLE}
"""What the error's code says where its type and code were not kept."""


def refusal(observation: Observation) -> str:
    """What the ICMP error says, if it is a refusal; else empty. "Host unreachable" is none: the host may be off."""
    if observation.outcome is not Outcome.ICMP_ERROR:
        return ""
    words = str(observation.data.get("icmp", "")) or _UNNAMED.get(observation.error, "")
    return words if words in (PROHIBITED, PORT_UNREACHABLE) else ""


def refusing_router(observation: Observation) -> str:
    """The address of a router in between that refused; empty when it was the host itself, this computer or nobody."""
    reporter = _reporter(observation)
    return "" if reporter in (_ip_of(observation.target), _ip_of(observation.socket)) else reporter


def is_refused_here(observation: Observation) -> bool:
    """Whether this computer forbade it: the system did not let it send, or refuses with its own address."""
    if observation.outcome is Outcome.LOCAL_ERROR:
        return observation.error == "permission"
    reporter = _reporter(observation)
    own = reporter == _ip_of(observation.socket) != _ip_of(observation.target)
    return bool(reporter) and own


def _reporter(observation: Observation) -> str:
    return str(observation.data.get("reporter", "")) if refusal(observation) else ""


def _ip_of(endpoint: str) -> str:
    """Without its port; the text itself where it is no endpoint."""
    try:
        return str(Endpoint.parse(endpoint).ip)
    except ValueError:
        return endpoint
