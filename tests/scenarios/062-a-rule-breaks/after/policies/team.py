from agentops.policy.team import Finding, Fleet, rule


@rule("TEAM001", "agent-has-owner", severity="error")
def agent_has_owner(fleet: Fleet):
    for member in fleet:
        if "owner" not in member.body["metadata"]:
            yield Finding(member.address, "nobody owns this agent")


@rule("TEAM002", "prompt-is-polite", severity="note")
def prompt_is_polite(fleet: Fleet):
    for member in fleet:
        if "please" not in member.body.get("system", "").lower():
            yield Finding(member.address, "the prompt never says please", path=("system",))
