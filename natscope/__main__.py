"""`natscope` and `python -m natscope`."""

from __future__ import annotations

from natscope.cli.main import main

if __name__ == "__main__":
    main()
