"""What becomes of what a lock forgets, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from agentops.domain.address import Address
from agentops.domain.kind import Catalog


def afterwards(catalog: Catalog, forgotten: Sequence[Address]) -> list[str]:
    """What becomes of what no lock has any more, as sentences."""
    kinds = [catalog.kinds[name] for name in sorted({it.kind for it in forgotten}) if name in catalog]
    tagged = [kind.name for kind in kinds if kind.tagged]
    by_key = [kind.name for kind in kinds if not kind.tagged and kind.key is not None]
    nameless = [kind.name for kind in kinds if not kind.tagged and kind.key is None]
    found = []
    if tagged:
        found.append(
            f"{', '.join(tagged)}: where it carries this stage's tag, the next plan adopts it where a file "
            "declares its address, and else reports it as an orphan."
        )
        found.append(
            "What was imported or pulled has no tag before its first update: import it again, or it is "
            "created anew."
        )
    if by_key:
        found.append(f"{', '.join(by_key)}: found again where it stands, if a file declares it.")
    if nameless:
        found.append(
            f"{', '.join(nameless)}: has no tag; the next apply creates it anew if a file asks for it."
        )
    return found
