"""Reads the packet filter's rules by the system's own tools, which list and change nothing. It needs CAP_NET_ADMIN.

`nft -j list ruleset` shows everything that lives in nftables, iptables' newer form included; of the latter
`iptables-save` knows the words better. The older tables are a filter of their own, and are asked for only where the
kernel says that there are some, because asking for one that is not there would make it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence

from natscope.errors import RemoteError
from natscope.host.system_api import FirewallFacts
from natscope.model.packet_filter import RuleSet
from natscope.wire.packet_filter import iptables_save, nft_json

MAX_BYTES = nft_json.MAX_BYTES
_CAP_NET_ADMIN = 12
_PATH = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin"
_LEGACY_TABLES = {4: "/proc/net/ip_tables_names", 6: "/proc/net/ip6_tables_names"}
_HINT = "run it as root (sudo natscope netcheck): that adds which rule drops what, and its counter"
NOT_ALLOWED = "only root may read this computer's firewall rules"


class _Unread(Exception):
    """Why a tool gave nothing."""


async def read_firewall(timeout_s: float) -> FirewallFacts:
    """All rules, or why not; never raises."""
    if not _may_read():
        return FirewallFacts(reason=NOT_ALLOWED, hint=_HINT)
    try:
        async with asyncio.timeout(timeout_s):
            return await _read()
    except TimeoutError:
        return FirewallFacts(reason=f"reading the firewall rules took longer than {timeout_s:g} s")


async def _read() -> FirewallFacts:
    found, failures = RuleSet(), []
    try:
        data = await _run(["nft", "-j", "list", "ruleset"])
        found = nft_json.decode(data)
        if nft_json.has_foreign(data):
            found = await _with_the_words_of_iptables(found)
    except (_Unread, RemoteError) as error:
        failures.append(str(error))
        with contextlib.suppress(_Unread):
            found = await _iptables("iptables-save", 4, legacy=False) + await _iptables(
                "ip6tables-save", 6, legacy=False
            )
            failures.clear()
    for family, path in _LEGACY_TABLES.items():
        if _has_tables(path):
            try:
                found += await _iptables(f"ip{'6' if family == 6 else ''}tables-legacy-save", family, legacy=True)
            except _Unread as error:
                failures.append(str(error))
    if failures and not found.chains:
        return FirewallFacts(reason=failures[0])
    return FirewallFacts(rules=found, partly="; ".join(failures))


async def _with_the_words_of_iptables(found: RuleSet) -> RuleSet:
    """The same rules, those of iptables in its own words; as they were where its tool is not there."""
    for family, name in ((4, "ip"), (6, "ip6")):
        with contextlib.suppress(_Unread):
            said = await _iptables(f"{name}tables-save", family, legacy=False)
            tables = {chain.table for chain in said.chains}
            kept = tuple(c for c in found.chains if c.family != name or c.table not in tables)
            found = RuleSet(kept, found.left_out) + said
    return found


async def _iptables(tool: str, family: int, *, legacy: bool) -> RuleSet:
    said = await _run([tool, "-c"])
    return iptables_save.decode(said.decode(errors="replace"), family=family, legacy=legacy)


async def _run(argv: Sequence[str]) -> bytes:
    """What a tool prints. Raises `_Unread`."""
    environment = {"PATH": _PATH, "LC_ALL": "C"}
    try:
        child = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=environment, limit=MAX_BYTES,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise _Unread(f"the program {argv[0]} is not installed") from error
    except OSError as error:
        raise _Unread(f"{argv[0]} could not be started: {os.strerror(error.errno or 0).lower()}") from error
    try:
        assert child.stdout is not None
        data = await child.stdout.read(MAX_BYTES + 1)
        while data and len(data) <= MAX_BYTES and (more := await child.stdout.read(MAX_BYTES + 1 - len(data))):
            data += more
        if len(data) > MAX_BYTES:
            raise _Unread(f"{argv[0]} prints more than {MAX_BYTES // 1024 // 1024} MiB of rules")
        code = await child.wait()
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if code:
        raise _Unread(f"{argv[0]} refused (exit code {code})")
    return data


def _may_read() -> bool:
    """Whether this process has the capability; a tool without it would only be refused."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            line = next((line for line in file if line.startswith("CapEff:")), "")
        return bool(int(line.partition(":")[2].strip() or "0", 16) >> _CAP_NET_ADMIN & 1)
    except (OSError, ValueError):
        return False


def _has_tables(path: str) -> bool:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return bool(file.read(64).strip())
    except OSError:
        return False
