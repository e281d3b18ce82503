"""One connection to one address of a node, as a relay client makes it, and what a further one tells of a failure.

Source of the explanations: the probe `relay_health`; RFC 6066 §3 (names in TLS), RFC 8446 §6 (alerts).
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from natscope.host.api import Failure, HostError, Stream, TlsInfo, TlsOptions
from natscope.host.http_api import HttpRequest
from natscope.model.derp_check import StepName
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode
from natscope.relay_check.watch import OUTCOMES, Watch, ms, whereabouts
from natscope.relay_client import ConnectError, ConnectOptions, RelayConnection, Step, Target, connect, tls_options
from natscope.wire.keys import PrivateKey

KIND = "derp.connect"
CONNECT_S = 6.0
EXTRA_S = 2.0
OTHER_NAME = "natscope-control.invalid"
"""RFC 6761: nobody's, so nothing filters it by name."""

STEPS = {
    Step.DNS: StepName.NAME,
    Step.TCP: StepName.CONNECT,
    Step.PROXY: StepName.CONNECT,
    Step.TLS: StepName.TLS,
    Step.HTTP: StepName.UPGRADE,
    Step.GREETING: StepName.ADMISSION,
}
_ORDER = list(StepName)
_DROPPED = (Failure.RESET, Failure.CLOSED)


async def look(
    watch: Watch, node: RelayNode, target: Endpoint, role: str, private: PrivateKey | None = None
) -> RelayConnection | None:
    """Connect to exactly that address and write down how it went; None where it did not.

    `role` says what it is for: `first`, `again` or `client`. Without `private` the client is one that nobody knows.
    """
    began = watch.now()
    options = ConnectOptions(
        private=private or PrivateKey(watch.host.rng.bytes(32)),
        is_prober=True,
        families=(target.family,),
        proxy=watch.options.proxy,
        ca_file=watch.options.ca_file,
        fast_start=False,
        limit_s=watch.limit(CONNECT_S),
        node_s=watch.limit(CONNECT_S),
    )
    data: dict[str, Any] = {"role": role}
    try:
        connection = await connect(watch.host, Target.of_node(at_address(node, target)), options)
    except ConnectError as error:
        await _failed(watch, node, target, began, error, data)
        return None
    facts = connection.facts
    data |= certificate_data(watch, node, facts.tls) | _times(facts.timings)
    data |= {"reached": StepName.ADMISSION.value, "server_key": facts.server_key.hex(), "proxy": facts.proxy}
    data |= {"limit_bytes_per_s": facts.info.bytes_per_second, "known": bool(watch.options.keys)}
    watch.observe(
        KIND, Outcome.ANSWERED, sent_at=began, received_at=watch.now(), data=data, **whereabouts(node, target)
    )
    return connection


def at_address(node: RelayNode, target: Endpoint) -> RelayNode:
    """The node with that address alone."""
    four, six = (str(target.ip), "none") if target.family == 4 else ("none", str(target.ip))
    return msgspec.structs.replace(node, ipv4=four, ipv6=six)


def certificate_data(watch: Watch, node: RelayNode, info: TlsInfo | None) -> dict[str, Any]:
    """What a handshake showed, as JSON values."""
    from natscope.wire.certificate import describe, measure

    if info is None:
        return {}
    rules = tls_options(node)
    found = describe(info.certificates, watch.host.clock.utc()) | measure(info.certificates)
    verified = rules.verify or bool(rules.pin_sha256)
    return found | {"tls_version": info.version, "pinned": bool(rules.pin_sha256), "verified": verified}


async def _failed(
    watch: Watch,
    node: RelayNode,
    target: Endpoint,
    began: float,
    error: ConnectError,
    data: dict[str, Any],
) -> None:
    step = STEPS[error.step]
    code, words = error.failure.value, error.message
    at = _ORDER.index(step)
    data |= _times(error.timings)
    data |= {"failed": step.value, "reached": _ORDER[at - 1].value if at > _ORDER.index(StepName.CONNECT) else ""}
    if error.server_key:
        data |= {"server_key": error.server_key.hex(), "known": bool(watch.options.keys)}
    if error.step is Step.PROXY:
        code = "proxy"
    data |= {name: value for name, value in (("status", error.status), ("location", error.location)) if value}
    if error.step is Step.TLS and not error.timings.proxy_s:
        code, words = await _explained(watch, node, target, error, data)
    elif error.step in (Step.HTTP, Step.GREETING) and not error.timings.proxy_s:
        data |= await _certificate(watch, node, target)
    outcome = OUTCOMES.get(error.failure, Outcome.REFUSED)
    watch.observe(
        KIND, outcome, sent_at=began, error=code, summary=words, data=data, **whereabouts(node, target)
    )  # fmt: skip


def _times(timings: Any) -> dict[str, Any]:
    found = {
        "connect_ms": ms(timings.tcp_s),
        "tls_ms": ms(timings.tls_s),
        "upgrade_ms": ms(timings.http_s),
        "greeting_ms": ms(timings.greeting_s),
    }
    return {name: value for name, value in found.items() if value is not None}


# -- what a further connection tells -----------------------------------------------------------------------------------


async def _explained(
    watch: Watch, node: RelayNode, target: Endpoint, error: ConnectError, data: dict[str, Any]
) -> tuple[str, str]:
    """Code and words of a failed handshake."""
    try:
        async with asyncio.timeout(watch.limit(EXTRA_S)):
            if error.failure is Failure.CERTIFICATE:
                return await _read_certificate(watch, node, target, data)
            if error.failure is Failure.TLS and await _speaks_plain(watch, node, target):
                return "plain-http", "the port speaks plain HTTP where the map wants TLS"
            if error.failure in _DROPPED and await _other_name_passes(watch, target):
                return "name-filtered", "the connection is reset for the relay's name, and for no other name"
    except (HostError, TimeoutError):
        pass  # the first failure stands as it is
    return error.failure.value, error.message


async def _certificate(watch: Watch, node: RelayNode, target: Endpoint) -> dict[str, Any]:
    """What a handshake shows that went well before; nothing where it does not now."""
    try:
        async with asyncio.timeout(watch.limit(EXTRA_S)):
            stream = await _connect(watch, target)
            try:
                await stream.start_tls(tls_options(node, watch.options.ca_file))
                return certificate_data(watch, node, stream.tls)
            finally:
                await stream.close()
    except (HostError, TimeoutError):
        return {}


async def _read_certificate(watch: Watch, node: RelayNode, target: Endpoint, data: dict[str, Any]) -> tuple[str, str]:
    from natscope.wire.certificate import judge

    rules = tls_options(node)
    stream = await _connect(watch, target)
    try:
        await stream.start_tls(TlsOptions(rules.server_name, verify=False))
        info = stream.tls
    finally:
        await stream.close()
    presented = info.certificates if info is not None else ()
    data |= certificate_data(watch, node, info) | {"verified": False}
    name = rules.verify_name or rules.server_name
    problem = judge(presented, name, watch.host.clock.utc(), rules.pin_sha256)
    return problem.code, problem.words


async def _speaks_plain(watch: Watch, node: RelayNode, target: Endpoint) -> bool:
    """Whether plain HTTP is answered; a TLS server that explains itself by a 400 does not count."""
    url = f"http://{url_host(node)}:{target.port}/derp/probe"
    answer = await watch.http.fetch(HttpRequest(url=url, connect_to=target, timeout_s=watch.limit(EXTRA_S)))
    return answer.status != 400


async def _other_name_passes(watch: Watch, target: Endpoint) -> bool:
    """Whether the same host shakes hands for another name: a control for a reset right after the first message."""
    stream = await _connect(watch, target)
    try:
        await stream.start_tls(TlsOptions(OTHER_NAME, verify=False))
    except HostError as error:
        return error.failure is Failure.TLS  # an alert is an answer of the server, not a reset
    finally:
        await stream.close()
    return True


async def _connect(watch: Watch, target: Endpoint) -> Stream:
    return await watch.host.streams.connect(target, timeout_s=watch.limit(EXTRA_S))


def url_host(node: RelayNode) -> str:
    """The host name as a URL has it."""
    return f"[{node.host_name}]" if ":" in node.host_name else node.host_name
