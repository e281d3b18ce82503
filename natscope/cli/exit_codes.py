"""What the exit code says: the whole contract with scripts, stable."""

GOOD = 0
FINDINGS = 1
USAGE = 2
CANNOT_TEST = 3
INTERNAL = 4
RELAYED = 10
DEGRADED = 11
UNREACHABLE = 20
DEADLINE = 124
INTERRUPTED = 130
READER_LEFT = 141

MEANING = {
    GOOD: "good",
    FINDINGS: "findings at or above --fail-on",
    USAGE: "usage: a bad flag, file or value",
    CANNOT_TEST: "could not test: no network, nothing answered, no permission",
    INTERNAL: "internal error of natscope",
    RELAYED: "reachable, but only relayed",
    DEGRADED: "degraded beyond a threshold; preflight: direct with few peers only",
    UNREACHABLE: "peer unreachable",
    DEADLINE: "deadline passed",
    INTERRUPTED: "interrupted (Ctrl-C, SIGTERM)",
    READER_LEFT: "whoever read the output closed it early (a pipe)",
}

MEANING_OF_FINDINGS = {
    "check": "an expectation failed, or the finding is still there",
    "report diff": "something that matters has changed",
}
"""What 1 says of commands without --fail-on."""

COMMON = (GOOD, USAGE, CANNOT_TEST, INTERNAL, INTERRUPTED)
"""What every command may end with."""
