"""One description per resource kind; ``CATALOG`` has them in the order they can be created."""

from agentops.domain.kind import Catalog
from agentops.kinds.agent import AGENT
from agentops.kinds.credential import CREDENTIAL
from agentops.kinds.deployment import DEPLOYMENT
from agentops.kinds.environment import ENVIRONMENT
from agentops.kinds.memory import MEMORY
from agentops.kinds.memory_store import MEMORY_STORE
from agentops.kinds.skill import SKILL
from agentops.kinds.vault import VAULT

CATALOG = Catalog.of(ENVIRONMENT, MEMORY_STORE, MEMORY, SKILL, VAULT, CREDENTIAL, AGENT, DEPLOYMENT)
