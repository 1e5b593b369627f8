"""Checks a file of evidence: every entry is complete, and no two go back to one source."""

import re
import sys
from pathlib import Path

LINES = ("says", "period", "how", "primary", "read")
HOW = {"measured", "surveyed", "modelled", "estimated", "copied"}


def entries(text):
    for block in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, rest = block.partition("\n")
        yield heading.strip(), dict(re.findall(r"^(\w+):\s*(.+)$", rest, flags=re.MULTILINE))


def problems(text):
    seen = {}
    for heading, found in entries(text):
        for name in LINES:
            if name not in found:
                yield f"{heading}: there is no line '{name}:'"
        if found.get("how", "measured") not in HOW:
            yield f"{heading}: 'how' is one of {', '.join(sorted(HOW))}"
        source = found.get("primary", "").partition(" ")[0]
        if source and seen.setdefault(source, heading) != heading:
            yield f"{heading}: goes back to the same source as {seen[source]}"


def main():
    found = [line for path in sys.argv[1:] for line in problems(Path(path).read_text(encoding="utf-8"))]
    print("\n".join(found) or "complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
