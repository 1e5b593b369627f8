"""What agents are told: prompts, memories they read, what their sessions begin with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from agentops.domain.fleet import Member
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.surface import Surface
from agentops.domain.view.problem import counted
from agentops.domain.view.visible import hidden_in
from agentops.policy.risks.scene import Scene
from agentops.policy.risks.sentences import lifted
from agentops.policy.risks.words import capital, listed, plural, quoted

_QUOTES = 3


def risks(scene: Scene) -> Iterator[Risk]:
    before, after = told(scene.was), told(scene.member)
    yield from _hidden(before, after)
    if scene.new:
        return
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
    return "what its sessions begin with"


def _prohibitions(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Risk]:
    """Of all texts together: a prohibition that moves from one to another still holds."""
    paths = [path for path in before if before[path] != after.get(path)]
    if not paths:
        return
    found = lifted("\n\n".join(before.values()), "\n\n".join(after.values()))
    for item in found[:_QUOTES]:
        sentence = (
            f"{quoted(item.text)} has an exception now: {quoted(item.instead)}"
            if item.instead
            else f"No longer says {quoted(item.text)}; nothing in its place forbids it."
        )
        yield _prohibition(sentence, paths)
    if len(found) > _QUOTES:
        more = counted(len(found) - _QUOTES, "more prohibition")
        yield _prohibition(f"{more} removed as well: read the whole difference.", paths)


def _prohibition(sentence: str, paths: list[str]) -> Risk:
    return Risk(level=Level.HIGH, label=Label.PROHIBITION_REMOVED, sentence=sentence, path=paths[0])


def _hidden(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Risk]:
    """What a reader does not see and a model does."""
    old = "".join(before.values())
    for path, text in after.items():
        if before.get(path) == text:
            continue
        if unseen := Counter(hidden_in(text)) - Counter(hidden_in(old)):
            names = listed(f"U+{ord(character):04X}" for character in sorted(unseen))
            said = f"Has {counted(unseen.total(), 'character')} that nobody sees ({names}): "
            yield _secret(f"{said}a model reads what they hide; remove them or ask why.", path)
        if fakes := sorted(_fakes(text) - _fakes(old)):
            odd = sorted({letter for word in fakes for letter in word if not letter.isascii()})
            letters = listed(f"U+{ord(letter):04X}" for letter in odd)
            said = f"{listed(map(quoted, fakes))} {plural(fakes, 'has', 'have')} letters of another alphabet"
            yield _secret(f"{said} that look like Latin ones ({letters}): type it anew, or ask why.", path)


def _secret(sentence: str, path: str) -> Risk:
    return Risk(level=Level.HIGH, label=Label.HIDDEN_TEXT, sentence=sentence, path=path)


_LOOKALIKES = "аеорсухіјѕһԁԛԝАВЕКМНОРСТХІЈЅοανκρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
_WORD_WITH_LOOKALIKE = re.compile(rf"[A-Za-z]*[{_LOOKALIKES}][A-Za-z{_LOOKALIKES}]*")


_LATIN = re.compile("[A-Za-z]")


def _fakes(text: str) -> set[str]:
    """Words of Latin letters with some of the Greek or Cyrillic ones that look like them."""
    if text.isascii():
        return set()
    return {word for word in _WORD_WITH_LOOKALIKE.findall(text) if len(_LATIN.findall(word)) > 1}
