"""The rate limits of the API by endpoint family, in calls a minute for a whole organization.

Sources: API reference, "Rate limits": creates and reads of Managed Agents; and that skills follow the tier of
the organization, for which no number is published. That all other operations share a limit, and that
environments have one of their own, stood in the reference until July 2026 and has gone from it; both hold.
"""

from __future__ import annotations

from agentops.domain.kind import Operation, Rate

MANAGED_AGENTS = (
    Rate("creates", 300, frozenset({Operation.CREATE})),
    Rate("reads", 1200, frozenset({Operation.READ})),
    Rate("other operations", 600, frozenset({Operation.OTHER})),
)
ENVIRONMENTS = (*MANAGED_AGENTS, Rate("operations on environments", 60, in_flight=5))
SKILLS = (Rate("operations on skills"),)
