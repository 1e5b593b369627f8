"""The plans and reports behind the golden texts: a small fleet in every situation there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from agentops.domain.address import Address
from agentops.domain.canonical import Moved
from agentops.domain.comparison import Comparison, Differing, Side
from agentops.domain.diagnostics import Code, Location, error, note, warning
from agentops.domain.plan import (
    Action,
    Base,
    Change,
    Drift,
    DriftedField,
    FieldChange,
    Move,
    Orphan,
    Plan,
    Reason,
)
from agentops.domain.report import (
    ApplyReport,
    DriftReport,
    Outcome,
    Result,
    Standing,
    StatusReport,
    StatusRow,
)
from agentops.domain.resource import Attachment, Ref, Source
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.state import Intent, Lock, LockEntry, Origin
from agentops.domain.torn import Condition, RebuildReport, RebuiltEntry
from agentops.domain.torn import Origin as By
from agentops.domain.view import (
    apply_view,
    comparison_view,
    diagnostics_view,
    drift_view,
    lock_entry_view,
    lock_view,
    plan_view,
    rebuilt_view,
    status_view,
)
from agentops.render import text

TUTOR, REVIEWER = Address("agent/tutor"), Address("agent/reviewer")
SANDBOX, NOTES = Address("environment/sandbox"), Address("memory_store/notes")
GUIDE = Address("memory/notes/guide.md")

PROMPT = """# Tutor

You are a patient tutor for people who learn to program by building things they care about.

## How you teach

- Ask what they want to build.
- Let them try first.
- Read their code before you say anything about it.
- Explain one idea at a time.
- Praise what works.

## Tools

- Search the documentation, never guess.
- Run every example.
"""

PARAGRAPH = (
    "You answer customers of an online shop. Look the order up before you say anything about it, and say "
    "what you found. Never promise a refund without asking a person first. When a parcel is late, "
    "apologise once, say where it is and when it will arrive, and offer to write again on that day. "
    "Keep answers under ten sentences."
)


def plan(*changes: Change, **more: Any) -> Plan:
    origin = Origin(base_url="https://api.anthropic.com", workspace_id="wrkspc_01Fleet")
    known = {"origin": origin, "lock_serial": 7, "source_digest": "0" * 64, **more}
    return Plan(project="support-fleet", stage="staging", changes=changes, **known)


def at(file: str, line: int = 1) -> Location:
    return Location(file, line, 1)


def create(address: Address, body: dict[str, Any], **more: Any) -> Change:
    return Change(address=address, action=Action.CREATE, reason=Reason.NEW, body=body, **more)


def update(*fields: FieldChange, address: Address = REVIEWER, **more: Any) -> Change:
    known = {"reason": Reason.CHANGED, "base": Base(id="agent_01Rev", version=3, digest="d"), **more}
    return Change(
        address=address,
        action=Action.UPDATE,
        fields=fields,
        location=at("agents/reviewer/agent.yaml", 2),
        **known,
    )


def changed(path: str, before: Any = None, after: Any = None) -> FieldChange:
    return FieldChange(path=path, before=before, after=after)


CUSTOM_TOOL = {
    "type": "custom",
    "name": "approve_pr",
    "description": "Approve a pull request, once everything has been read and all comments are answered "
    "by their author, in the words of the team.",
    "input_schema": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]},
}

FIRST_APPLY = plan(
    create(
        SANDBOX,
        {
            "name": "sandbox",
            "config": {
                "type": "cloud",
                "networking": {"type": "limited", "allowed_hosts": ["pypi.org"], "allow_mcp_servers": False},
                "packages": {"type": "packages", "pip": ["pandas==2.2.0", "rich"], "apt": []},
            },
        },
        location=at("environments/sandbox.yaml"),
    ),
    create(NOTES, {"name": "notes", "description": None}, location=at("agents/tutor/agent.yaml", 14)),
    create(
        GUIDE,
        {"path": "/guide.md", "content": "Be kind.\n"},
        parent=NOTES,
        location=at("agents/tutor/memory/guide.md"),
    ),
    create(
        TUTOR,
        {
            "name": "tutor",
            "model": {"id": "claude-opus-5-5", "effort": "high"},
            "system": PROMPT,
            "tools": [
                {
                    "type": "agent_toolset_20260401",
                    "default_config": {"enabled": False},
                    "configs": [
                        {"name": "web_search", "enabled": True},
                        {"name": "bash", "enabled": True},
                        {"name": "write", "enabled": False},
                        {
                            "name": "web_fetch",
                            "enabled": True,
                            "permission_policy": {"type": "always_ask"},
                            "allowed_domains": ["docs.python.org"],
                        },
                    ],
                },
                {
                    "type": "mcp_toolset",
                    "mcp_server_name": "linear",
                    "configs": [{"name": "delete", "enabled": False}],
                },
                CUSTOM_TOOL,
            ],
            "mcp_servers": [{"type": "url", "name": "linear", "url": "https://mcp.linear.app/mcp"}],
            "skills": [],
            "multiagent": {
                "type": "coordinator",
                "agents": [{"type": "agent", "id": Ref(REVIEWER).as_json()}, {"type": "self"}],
            },
            "metadata": {"team": "learning", "agentops": "support-fleet/staging/agent/tutor"},
        },
        location=at("agents/tutor/agent.yaml", 2),
        depends_on=(NOTES,),
    ),
)

PROMPT_EDIT = plan(
    update(
        changed(
            "system",
            PROMPT,
            PROMPT.replace("Let them try first.", "Let them try first, and wait.").replace(
                "- Run every example.\n", "- Run every example in the sandbox.\n- Show its output.\n"
            ),
        )
    ),
    unchanged=16,
)

EVERY_VALUE = plan(
    update(
        changed("description", "old", "new"),
        changed("model.effort", "high"),
        changed("metadata.team", None, "core"),
        changed("metadata.empty", "", "false"),
        changed("enabled", True, False),
        changed("limit", 5, 10),
        changed("memory_store_id", "memstore_01", Ref(NOTES).as_json()),
        changed("agent", None, Ref(TUTOR, "version").as_json()),
        changed(
            "tools[agent_toolset_20260401].configs[web_fetch].allowed_domains", ["a.org"], ["a.org", "b.org"]
        ),
        changed("order", ["a", "b"], ["b", "a"]),
        changed("vault_ids", ["vlt_01", "vlt_01"], ["vlt_01", Ref(Address("vault/x")).as_json()]),
        changed("hosts", None, ["pypi.org", ""]),
        changed("config", {"a": 1, "b": {"c": [1]}, "same": 1}, {"a": 2, "b": {"c": [1, 2]}, "same": 1}),
        changed("agents", [{"id": "x", "n": 1}, {"id": "x", "n": 2}], [{"id": "x", "n": 1}]),
        changed("model", "claude-opus-5-5", {"id": "claude-opus-5-5", "effort": "max"}),
        changed("tools[custom:approve_pr]", None, CUSTOM_TOOL),
        changed(
            "tools[mcp_toolset:linear]", {"type": "mcp_toolset", "mcp_server_name": "linear", "configs": []}
        ),
        changed("system", None, PROMPT),
        changed("prompt", PARAGRAPH),
        risks=(
            Risk(
                level=Level.HIGH,
                label=Label.TOOL_ENABLED,
                sentence="It can now approve pull requests by itself.",
            ),
        ),
    ),
)

LONG_LINES = plan(
    update(
        changed("system", PARAGRAPH, PARAGRAPH.replace("Never promise", "Don't ever promise")),
        changed("tools[custom:a].description", PARAGRAPH, "Something else altogether, and rather shorter."),
        changed("preamble", f"# One\n{PARAGRAPH}\nlast\n", f"# One\n{PARAGRAPH}\nthe last\n"),
    ),
)

BLANKS = plan(
    update(
        changed("system", "one\ntwo\n", "one\ntwo"),
        changed("crlf", "one\ntwo\n", "one\r\ntwo\r\n"),
        changed("tabs", "if x:\n    y\n", "if x:\n\ty\n"),
        changed("trailing", "one\ntwo\n", "one \ntwo\n\n"),
        changed("inner", "two words\nmore\n", "two  words\nmore\n"),
        changed("no_break", "10 km", "10\u00a0km"),
        changed("short", "x", "x "),
    ),
)

EVERY_ACTION = plan(
    create(TUTOR, {"name": "tutor"}, location=at("agents/tutor.yaml")).model_copy(
        update={"reason": Reason.RECREATE}
    ),
    update(changed("agents[0].version", 3, Ref(TUTOR, "version").as_json()), reason=Reason.REFERENCE_MOVES),
    update(
        changed("content", "a\nb\n", "a\nc\n"),
        address=GUIDE,
        base=Base(id="mem_01", version="5e884898da28", digest="d"),
    ),
    Change(
        address=SANDBOX,
        action=Action.REPLACE,
        reason=Reason.CREATE_ONLY_FIELD,
        forced_by="config.type",
        base=Base(id="env_01Box", digest="d"),
        fields=(changed("config.type", "cloud", "self_hosted"),),
        location=at("environments/sandbox.yaml"),
    ),
    Change(
        address=Address("environment/other"),
        action=Action.REPLACE,
        reason=Reason.CREATE_ONLY_FIELD,
        forced_by="config.type",
        base=Base(id="env_02", digest="d"),
        fields=(changed("config.type", "cloud", "self_hosted"), changed("description", "a", "b")),
    ),
    Change(
        address=Address("agent/old"),
        action=Action.ARCHIVE,
        reason=Reason.REMOVED_FROM_FILES,
        base=Base(id="agent_01Old", version=9, digest="d"),
    ),
    Change(
        address=GUIDE,
        action=Action.DELETE,
        reason=Reason.DESTROY,
        base=Base(id="mem_01", digest="d"),
        parent=NOTES,
    ),
    Change(address=Address("agent/gone"), action=Action.FORGET, reason=Reason.GONE),
    Change(
        address=Address("memory/notes/a.md"), action=Action.FORGET, reason=Reason.DESTROY, depends_on=(NOTES,)
    ),
    Change(
        address=NOTES,
        action=Action.ADOPT,
        reason=Reason.TAGGED_OURS,
        base=Base(id="memstore_01", digest="d"),
        fields=(changed("description", "before", "after"),),
    ),
    Change(
        address=Address("memory/notes/b.md"),
        action=Action.ADOPT,
        reason=Reason.TAGGED_OURS,
        base=Base(id="mem_02", digest="d"),
        parent=NOTES,
    ),
    unchanged=1_204,
    orphans=(Orphan(address=Address("agent/old-one"), id="agent_01Oo", path="agents/old-one.yaml"),),
    records={TUTOR: LockEntry(id="agent_01"), NOTES: LockEntry(id="memstore_01")},
)

MOVED = (
    Drift(
        address=TUTOR,
        id="agent_01Tut",
        location=at("agents/tutor/agent.yaml", 2),
        fields=(
            DriftedField(
                path="system",
                moved=Moved.THEIRS,
                ours=PROMPT,
                theirs=PROMPT.replace("Run every example.", "Run what you like."),
            ),
            DriftedField(path="description", moved=Moved.BOTH, ours="mine", theirs="theirs"),
            DriftedField(path="model", moved=Moved.THEIRS, ours={"a": 1, "b": 1}, theirs={"a": 2, "b": 2}),
            DriftedField(path="tools[custom:x]", moved=Moved.THEIRS, theirs=CUSTOM_TOOL),
        ),
    ),
)

DRIFT_ERROR = error(
    Code.DRIFT,
    "agent/tutor was changed in the registry",
    "take the change into the file, or put it back in the console\nthen plan again",
    address=TUTOR,
    location=at("agents/tutor/agent.yaml", 2),
)
ORPHAN_WARNING = warning(
    Code.ORPHAN, "agent/old-one is in the registry and in no file", address=Address("agent/old-one")
)

BLOCKED = plan(
    update(changed("description", "old", "new")),
    drift=MOVED,
    diagnostics=(ORPHAN_WARNING, DRIFT_ERROR, error(Code.GONE, "agent/x is gone", "create it again")),
    unchanged=3,
)

APPLIED = ApplyReport(
    project="support-fleet",
    stage="dev",
    lock="locks/dev.lock.json",
    lock_serial=8,
    outcomes=(
        Outcome(address=NOTES, action=Action.CREATE, result=Result.DONE, id="memstore_01Notes"),
        Outcome(address=TUTOR, action=Action.CREATE, result=Result.DONE, id="agent_01Tut", version=1),
        Outcome(
            address=REVIEWER, action=Action.UPDATE, result=Result.DONE, id="agent_01Rev", version=4, before=3
        ),
        Outcome(address=SANDBOX, action=Action.REPLACE, result=Result.ALREADY, id="env_01Box"),
    ),
    diagnostics=(
        warning(Code.NOT_AS_PLANNED, "the answer differs from the plan: model.speed", address=TUTOR),
    ),
)

PARTLY = APPLIED.model_copy(
    update={
        "outcomes": (
            *APPLIED.outcomes,
            Outcome(
                address=Address("agent/broken"),
                action=Action.CREATE,
                result=Result.FAILED,
                problem=error(
                    Code.REGISTRY,
                    "agent/broken was refused: model: unknown model (HTTP 400, req_011C)",
                    "mend what the registry complains of, then apply again",
                ),
            ),
            Outcome(
                address=GUIDE,
                action=Action.CREATE,
                result=Result.SKIPPED,
                problem=warning(
                    Code.INTERRUPTED, "memory/notes/guide.md was skipped: agent/broken was not applied"
                ),
            ),
        ),
        "diagnostics": (),
    }
)

STATUS = StatusReport(
    project="support-fleet",
    stage="dev",
    rows=(
        StatusRow(
            address=TUTOR,
            standing=Standing.IN_SYNC,
            id="agent_01Tut",
            version=4,
            path="agents/tutor/agent.yaml",
        ),
        StatusRow(
            address=REVIEWER, standing=Standing.PENDING, action=Action.CREATE, path="agents/reviewer.yaml"
        ),
        StatusRow(address=NOTES, standing=Standing.DRIFTED, id="memstore_01"),
        StatusRow(address=SANDBOX, standing=Standing.GONE, id="env_01"),
        StatusRow(address=Address("agent/old-one"), standing=Standing.ORPHANED, id="agent_01Oo", version=12),
        StatusRow(address=GUIDE, standing=Standing.BLOCKED, id="mem_01"),
    ),
    unmanaged={"environment": 1, "agent": 3, "memory_store": 0},
    diagnostics=(note(Code.ORPHAN, "a note", address=TUTOR),),
)

ENTRY = LockEntry(
    id="agent_01Tut",
    version=4,
    path="agents/tutor/agent.yaml",
    source=Source(digest="5e" * 32, commit="0123456789abcdef0123456789abcdef01234567"),
    applied={"name": "a" * 32, "system": "b" * 32},
    observed={"name": "a" * 32, "system": "c" * 32, "model.speed": "d" * 32},
    attachments=(Attachment(memory_store=NOTES, access="read_only"),),
    replaced=("agent_00Old",),
)
LOCK = Lock(
    serial=8,
    project="support-fleet",
    stage="dev",
    origin=Origin(base_url="http://127.0.0.1:8123", workspace_id="wrkspc_01"),
    resources={TUTOR: ENTRY, NOTES: LockEntry(id="memstore_01")},
    intents={SANDBOX: Intent(at="2026-11-22T20:00:00Z", run="r1")},
)

PROBLEMS = (
    error(
        Code.UNKNOWN_KEY,
        "unknown key 'sytem'",
        "did you mean 'system'?",
        location=Location("agents/tutor/agent.yaml", 4, 3),
    ),
    error(Code.CYCLE, "a needs b, b needs a", address=TUTOR),
    warning(
        Code.UNUSED, "prompt.md is not used", "delete it,\nor include it", location=at("agents/prompt.md")
    ),
    note(Code.ORPHAN, "nothing to see"),
)

STAGES = Comparison(
    project="support-fleet",
    before="staging",
    after="prod",
    differing=(
        Differing(
            address=TUTOR,
            side=Side.BOTH,
            fields=(
                FieldChange(path="name", before="tutor-staging", after="tutor"),
                FieldChange(path="model.effort", after="max"),
                FieldChange(path="system", before=PROMPT, after=PROMPT.replace("patient", "brisk")),
                FieldChange(path="multiagent.agents[agent/reviewer]", before={"id": "agent/reviewer"}),
            ),
            location=at("agents/tutor/agent.yaml"),
        ),
        Differing(
            address=Address("credential/keys/linear"),
            side=Side.BOTH,
            fields=(FieldChange(path="auth.token.secret", before="env:STAGING", after="file:keys/prod"),),
            location=at("vaults/keys.yaml"),
        ),
        Differing(
            address=SANDBOX,
            side=Side.BEFORE,
            body={"name": "sandbox-staging", "config": {"type": "cloud"}},
            location=at("environments/sandbox.yaml"),
        ),
        Differing(
            address=NOTES, side=Side.AFTER, body={"name": "notes"}, location=at("memory_stores/notes.yaml")
        ),
    ),
    alike=12,
)
MOVES = (
    Move(old=Address("agent/teacher"), new=TUTOR, id="agent_01IM9t7qykz4MXrEgAKP7iEN"),
    Move(
        old=Address("memory/teacher-notes/guide.md"), new=Address("memory/tutor-notes/guide.md"), id="mem_1"
    ),
    Move(old=Address("memory_store/teacher-notes"), new=Address("memory_store/tutor-notes"), id="memstore_1"),
)
REBUILT = RebuildReport(
    project="fleet",
    stage="prod",
    lock="locks/prod.lock.json",
    condition=Condition.CONFLICT,
    serial=8,
    changed=True,
    entries=(
        RebuiltEntry(address=REVIEWER, id="agent_2", version=4, by=By.THEIRS),
        RebuiltEntry(address=TUTOR, id="agent_1", version=3, by=By.FILE),
        RebuiltEntry(address=SANDBOX, id="", by=By.OURS),
        RebuiltEntry(address=GUIDE, id="mem_1", by=By.PLACE),
        RebuiltEntry(address=NOTES, id="memstore_1", by=By.TAG),
    ),
    unfinished=(Address("skill/forms"),),
    diagnostics=(note(Code.NOT_FOUND_AGAIN, "agent/x is not found again", "create it", address=TUTOR),),
)

CASES: Mapping[str, Callable[[Console], None]] = {
    "plan-first-apply": lambda out: text.plan(plan_view(FIRST_APPLY), out),
    "plan-first-apply-verbose": lambda out: text.plan(plan_view(FIRST_APPLY, verbose=True), out),
    "plan-prompt-edit": lambda out: text.plan(plan_view(PROMPT_EDIT), out),
    "plan-every-value": lambda out: text.plan(plan_view(EVERY_VALUE), out),
    "plan-every-value-verbose": lambda out: text.plan(plan_view(EVERY_VALUE, verbose=True), out),
    "plan-long-lines": lambda out: text.plan(plan_view(LONG_LINES), out),
    "plan-long-lines-verbose": lambda out: text.plan(plan_view(LONG_LINES, verbose=True), out),
    "plan-blanks": lambda out: text.plan(plan_view(BLANKS), out),
    "plan-every-action": lambda out: text.plan(plan_view(EVERY_ACTION), out),
    "plan-blocked": lambda out: text.plan(plan_view(BLOCKED), out),
    "plan-empty": lambda out: text.plan(plan_view(plan(unchanged=17)), out),
    "plan-moves": lambda out: text.plan(plan_view(plan(moves=MOVES, unchanged=3)), out),
    "plan-only-drift": lambda out: text.plan(plan_view(plan(drift=MOVED[:1], unchanged=2)), out),
    "diff": lambda out: text.comparison(comparison_view(STAGES), out),
    "diff-verbose": lambda out: text.comparison(comparison_view(STAGES, verbose=True), out),
    "diff-none": lambda out: text.comparison(
        comparison_view(Comparison(project="p", before="a", after="b", alike=1)), out
    ),
    "drift": lambda out: text.drift(
        drift_view(DriftReport(project="p", stage="dev", drift=MOVED, diagnostics=(DRIFT_ERROR,))), out
    ),
    "drift-none": lambda out: text.drift(drift_view(DriftReport(project="p", stage="dev")), out),
    "apply": lambda out: text.apply_report(apply_view(APPLIED), out),
    "apply-partly": lambda out: text.apply_report(apply_view(PARTLY), out),
    "apply-interrupted": lambda out: text.apply_report(
        apply_view(PARTLY.model_copy(update={"interrupted": True})), out
    ),
    "apply-nothing": lambda out: text.apply_report(
        apply_view(APPLIED.model_copy(update={"outcomes": ()})), out
    ),
    "status": lambda out: text.status(status_view(STATUS), out),
    "lock-list": lambda out: text.lock_table(lock_view(LOCK, "locks/dev.lock.json"), out),
    "lock-rebuilt": lambda out: text.lock_table(rebuilt_view(REBUILT), out),
    "lock-show": lambda out: text.lock_entry(lock_entry_view(TUTOR, ENTRY), out),
    "diagnostics": lambda out: text.diagnostics(diagnostics_view(PROBLEMS, files=14), out),
    "diagnostics-none": lambda out: text.diagnostics(diagnostics_view((), files=1), out),
}
