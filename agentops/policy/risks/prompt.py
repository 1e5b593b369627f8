"""What agents are told: prompts, memories they read, what their sessions begin with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from agentops.domain.diagnostics import counted
from agentops.domain.fleet import Member
from agentops.domain.hidden import Hidden, Trick, hidden_in
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.surface import From, Surface
from agentops.domain.view.visible import visible
from agentops.policy.risks.memory import writable
from agentops.policy.risks.scene import Scene
from agentops.policy.risks.sentences import lifted
from agentops.policy.risks.words import capital, in_words, quoted

_QUOTES = 3
_STORE = "memory_store"


def risks(scene: Scene) -> Iterator[Risk]:
    before, after = told(scene.was), told(scene.member)
    yield from _hidden(before | _described(scene.was), after | _described(scene.member))
    if scene.new:
        return
    were, are = _described(scene.was), _described(scene.member)
    if _newly_writable(scene):
        were = {}
    for path in [it for it in were if it in are]:
        before[path], after[path] = were[path], are[path]
    for path in _told_anew(before, after):
        old, new = before.get(path, ""), after.get(path, "")
        yield Risk(
            level=Level.LOW, label=Label.PROMPT_CHANGED, sentence=_changed(scene, path, old, new), path=path
        )
    yield from _prohibitions(before, after)


def told(member: Member | None) -> dict[str, str]:
    """Path -> text, of everything that agents read as their own instructions."""
    if member is None:
        return {}
    surface = member.surface
    texts = {surface.prompt_field: surface.prompt} if surface.prompt is not None else {}
    return {**texts, **surface.starts, **_files(member)}


def _described(member: Member | None) -> dict[str, str]:
    """What is told of a tool or a store to whoever may use it. That goes with it, and comes with it."""
    if member is None:
        return {}
    surface = member.surface
    own = [tool for tool in surface.tools.values() if tool.origin is From.CUSTOM]
    texts = {f"tools[{tool.name}].description": tool.description for tool in own}
    if member.address.kind == _STORE and surface.description:
        texts["description"] = surface.description
    return texts


def _newly_writable(scene: Scene) -> bool:
    """Of a store: its description tells that it can be written, which is said where that is changed."""
    if scene.address.kind != _STORE:
        return False
    before, after = (
        {store for member in side.fleet for store in writable(member)} for side in (scene.before, scene.after)
    )
    return scene.address in after - before


def _files(member: Member) -> dict[str, str]:
    """The files of a skill that are prose."""
    files, texts = member.body.get("files"), _texts(member)
    if not isinstance(files, Mapping):
        return {}
    return {
        f"files[{name}]": texts[entry["sha256"]]
        for name, entry in files.items()
        if isinstance(entry, Mapping) and entry.get("sha256") in texts and name.endswith((".md", ".txt"))
    }


def _texts(member: Member) -> Mapping[str, str]:
    """By SHA-256: those that were read from the registry stand beside the body, those of files apart."""
    beside = member.body.get("texts")
    return {
        **(beside if isinstance(beside, Mapping) else {}),
        **(member.resource.texts if member.resource is not None else {}),
    }


def _told_anew(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The paths whose text changes. A skill says itself which of its files do."""
    return [
        path
        for path in dict.fromkeys([*before, *after])
        if before.get(path) != after.get(path) and not path.startswith("files[")
    ]


def _changed(scene: Scene, path: str, old: str, new: str) -> str:
    what = _what(scene.surface, path)
    if not old:
        return f"{capital(what)} is new ({counted(len(new.splitlines()), 'line')}): read it."
    if not new:
        return f"{capital(what)} is gone ({counted(len(old.splitlines()), 'line')}): is nothing of it needed?"
    was, now = Counter(old.splitlines()), Counter(new.splitlines())
    changed = max((was - now).total(), (now - was).total())
    if not changed:
        return f"The lines of {what} come in another order: check that none relies on the one before it."
    total = max(was.total(), now.total())
    if changed == total:
        return f"{capital(what)} changes from end to end ({counted(total, 'line')}): read it anew."
    return f"{changed:,} of the {counted(total, 'line')} of {what} {'changes' if changed == 1 else 'change'}."


def _what(surface: Surface, path: str) -> str:
    if path == surface.prompt_field:
        return "the prompt" if path == "system" else "a memory that agents read"
    if path == "description":
        return "what agents are told of this memory"
    if path.startswith("tools["):
        return f"the description of {visible(path.removeprefix('tools[').removesuffix('].description'))}"
    return "what its sessions begin with"


def _prohibitions(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Risk]:
    """Of all texts together: a prohibition that moves from one to another still holds."""
    paths = [path for path in before if before[path] != after.get(path)]
    if not paths:
        return
    gone = lifted("\n\n".join(before.values()), "\n\n".join(after.values()))
    found = sorted(gone, key=lambda it: not it.much)
    for item in found[:_QUOTES]:
        sentence = (
            f"{quoted(item.text)} {item.how}: {quoted(item.instead)}"
            if item.instead
            else f"No longer says {quoted(item.text)}; nothing in its place forbids it."
        )
        yield _prohibition(sentence, paths, much=item.much)
    if rest := found[_QUOTES:]:
        more = counted(len(rest), "more prohibition")
        sentence = f"{more} removed or weaker as well: read the whole difference."
        yield _prohibition(sentence, paths, much=any(it.much for it in rest))


def _prohibition(sentence: str, paths: list[str], *, much: bool) -> Risk:
    level = Level.HIGH if much else Level.MEDIUM
    return Risk(level=level, label=Label.PROHIBITION_REMOVED, sentence=sentence, path=paths[0])


def _hidden(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Risk]:
    """What a reader does not see, or takes for something else, and a model does not."""
    old = Counter(it.codepoint for text in before.values() for it in hidden_in(text))
    for path, text in after.items():
        if before.get(path) == text:
            continue
        found = hidden_in(text)
        new = Counter(it.codepoint for it in found) - old
        added = [it for it in found if it.codepoint in new]
        if unseen := [it for it in added if it.kind is not Trick.LOOK_ALIKE]:
            total = sum(new[code] for code in {it.codepoint for it in unseen})
            said = f"Has {counted(total, 'character')} that nobody sees ({_codes(unseen)}): "
            yield _secret(f"{said}a model reads what they hide; remove them or ask why.", path)
        if fakes := [it for it in added if it.kind is Trick.LOOK_ALIKE]:
            said = f"Line {fakes[0].line} has letters of another alphabet that look like Latin ones"
            yield _secret(f"{said} ({_codes(fakes)}): type it anew, or ask why.", path)


def _codes(found: Iterable[Hidden]) -> str:
    """``U+200B``, and of what looks like a letter ``U+0430 for a``."""
    told = sorted({f"{it.codepoint} for {it.letter}" if it.letter else it.codepoint for it in found})
    return in_words(told)


def _secret(sentence: str, path: str) -> Risk:
    return Risk(level=Level.HIGH, label=Label.HIDDEN_TEXT, sentence=sentence, path=path)
