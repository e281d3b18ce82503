"""Security suites and firewall apps, known by their processes and kernel modules: texts in, names out.

A name is a fingerprint: the program runs, which says nothing about what it does to packets. The names are those under
which makers ship them; Linux cuts names of processes to 15 characters (proc(5), comm), macOS to 16.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

CUT = 15
"""A name of at least so many characters may have lost its end."""
MAX_LINES = 8192

PROCESSES = {
    "falcon-sensor": "CrowdStrike Falcon",
    "falcon-sensor-bpf": "CrowdStrike Falcon",
    "csfalconservice.exe": "CrowdStrike Falcon",
    "s1-agent": "SentinelOne",
    "sentinelagent.exe": "SentinelOne",
    "wdavdaemon": "Microsoft Defender for Endpoint",
    "ds_agent": "Trend Micro Deep Security",
    "kesl": "Kaspersky Endpoint Security",
    "avp.exe": "Kaspersky",
    "ekrn.exe": "ESET",
    "traps_pmd": "Cortex XDR",
    "mfetpd": "Trellix Endpoint Security",
    "mfefire.exe": "Trellix Endpoint Security",
    "cbagentd": "Carbon Black",
    "avastsvc.exe": "Avast",
    "avgsvc.exe": "AVG",
    "bdservicehost.exe": "Bitdefender",
    "sophosntpservice.exe": "Sophos",
    "opensnitchd": "OpenSnitch",
    "portmaster-core": "Portmaster",
    "portmaster-core.exe": "Portmaster",
    "simplewall.exe": "simplewall",
    "tinywall.exe": "TinyWall",
    "at.obdev.littlesnitch.networkextension": "Little Snitch",
    "com.objective-see.lulu.extension": "LuLu",
}
MODULES = {
    "falcon_nf_netcontain": "CrowdStrike Falcon",
    "dsa_filter": "Trend Micro Deep Security",
    "eset_rtp": "ESET",
    "eset_wap": "ESET",
    "ampnetworkflow": "Cisco Secure Endpoint",
    "talpa_core": "Sophos",
}


def module_names(text: str) -> tuple[str, ...]:
    """Of /proc/modules: the first word of each line (proc(5))."""
    lines = text.splitlines()[:MAX_LINES]
    return tuple(line.split(" ", 1)[0] for line in lines if line.strip())


def suites_of(modules: Iterable[str], processes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Name and sign of each suite that shows, once each, in the order of their names."""
    found: dict[str, str] = {}
    for name, sign in (*_by_module(modules), *_by_process(processes)):
        found.setdefault(name, sign)
    return tuple(sorted(found.items()))


def _by_module(modules: Iterable[str]) -> Iterator[tuple[str, str]]:
    for module in modules:
        if module in MODULES:
            yield MODULES[module], f"the kernel module {module}"


def _by_process(processes: Iterable[str]) -> Iterator[tuple[str, str]]:
    for process in processes:
        name = process.strip().lower()
        if name in PROCESSES:
            yield PROCESSES[name], f"the process {name}"
        elif len(name) >= CUT:
            whole = next((known for known in PROCESSES if known.startswith(name)), "")
            if whole:
                yield PROCESSES[whole], f"the process {name}"
