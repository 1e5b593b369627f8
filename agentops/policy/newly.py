"""What a change brings: of everything there is to say, what was not said before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Severity


def newly(
    before: Sequence[Diagnostic], after: Sequence[Diagnostic], changed: Collection[Address]
) -> Iterator[Diagnostic]:
    """Of what is said afterwards, in its order: what is said of something that ``changed``, and what was not
    said before. Where it stands and how to mend it may differ; as many as were there before are left out."""
    known = Counter(map(_said, before))
    for item in after:
        if item.address is not None and item.address in changed:
            yield item
        elif known[said := _said(item)]:
            known[said] -= 1
        else:
            yield item


def _said(item: Diagnostic) -> tuple[Severity, Code | str, str, Address | None]:
    return item.severity, item.code, item.summary, item.address
