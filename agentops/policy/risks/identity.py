"""Whom an agent acts as, and which secrets come where."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.risk import Label, Level, Risk
from agentops.domain.view.visible import visible
from agentops.policy.risks.scene import Scene
from agentops.policy.risks.words import in_words

_SECRET = Label.SECRET_REFERENCE


def risks(scene: Scene) -> Iterator[Risk]:
    yield from _identity(scene)
    yield from _secrets(scene)
    yield from _vaults(scene)


def _identity(scene: Scene) -> Iterator[Risk]:
    was, now = scene.old.identity, scene.surface.identity
    if was == now:
        return
    acts = f"Acts as {visible(now)}" if now is not None else "Acts as its own service account"
    before = ""
    if not scene.new:
        before = f", until now as {visible(was) if was is not None else 'its own service account'}"
    sentence = f"{acts}{before}: check what that may do."
    level = Level.MEDIUM if scene.new else Level.HIGH
    yield Risk(level=level, label=Label.IDENTITY_CHANGED, sentence=sentence, path="execution_identity")


def _secrets(scene: Scene) -> Iterator[Risk]:
    for path, source in scene.surface.secrets.items():
        was = scene.old.secrets.get(path)
        if was == source:
            continue
        if was is None:
            where = [host for host in scene.surface.reaches.values() if host != "*"]
            to = f"Sends the secret in {visible(source)} to {in_words(where)}" if where else ""
            level = Level.MEDIUM
            sentence = f"{to or f'Is given the secret in {visible(source)}'}: check that it is the right one."
        else:
            level = Level.HIGH
            sentence = f"Takes its secret from {visible(source)}, until now from {visible(was)}: whose is it?"
        yield Risk(level=level, label=_SECRET, sentence=sentence, path=path)


def _vaults(scene: Scene) -> Iterator[Risk]:
    if scene.new:
        return
    if more := [vault for vault in scene.surface.vaults if vault not in scene.old.vaults]:
        sentence = f"Its sessions are given the credentials of {in_words(more)}: check that they need them."
        yield Risk(level=Level.MEDIUM, label=_SECRET, sentence=sentence, path="vault_ids")
