"""The only reader of the process environment; everything else gets it as a mapping."""

import os


def process_environment() -> dict[str, str]:
    """A copy of the environment."""
    return dict(os.environ)  # noqa: TID251  the one place


def working_directory() -> str:
    """The current directory, `.` when it has been removed."""
    try:
        return os.getcwd()
    except OSError:
        return "."
