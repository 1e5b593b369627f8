"""The official SDK drives ``agentops registry serve`` over a real socket.

The client checks every answer against the SDK's own response types
(``_strict_response_validation``): a member the SDK requires and the registry leaves out, or one
of another type, fails the test that read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.served import served_registry


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_registry(tmp_path_factory.mktemp("registry") / "registry.db") as url:
        yield url


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=base_url, api_key="test", _strict_response_validation=True, max_retries=0
    ) as client:
        yield client


@pytest.fixture(scope="session")
def beta(client: anthropic.Anthropic) -> Any:
    return client.beta
