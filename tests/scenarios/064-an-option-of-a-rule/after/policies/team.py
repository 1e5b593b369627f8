from agentops.policy.team import Finding, Fleet, rule


@rule("TEAM004", "short-names", fix="say the rest in its description", options={"most": 10})
def short_names(fleet: Fleet, options):
    for member in fleet:
        if len(member.body["name"]) > options["most"]:
            yield Finding(member.address, f"a name of more than {options['most']} letters", path=("name",))
