"""`natscope` and `python -m natscope`. Imports inside: Ctrl-C in their first milliseconds must show no traceback."""

import sys


def main() -> int:
    """The console script: the exit code, 130 where a signal came before there was anything to end."""
    try:
        from natscope.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
