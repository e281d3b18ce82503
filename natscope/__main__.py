"""`natscope` and `python -m natscope`."""

import sys

from natscope.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
