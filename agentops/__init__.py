"""agentops: keep Claude Managed Agents in git; validate, plan, apply, detect drift, promote.

The rooms and who may import whom are a table in ``tests/test_architecture.py``;
``docs/architecture.md`` tells the story.
"""

__version__ = "0.1.0"
