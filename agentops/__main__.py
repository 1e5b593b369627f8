"""``python -m agentops``."""

import sys

from agentops.cli import main

if __name__ == "__main__":
    sys.exit(main())
