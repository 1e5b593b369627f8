"""Templates of one file: its own texts where it says ``template: true``, and those it names in ``.j2``."""

from __future__ import annotations

from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.domain.project import Stage
from agentops.spec.files import Refused
from agentops.spec.located import LocatedDict, LocatedList
from agentops.spec.source import describe
from agentops.spec.template import render

TEMPLATE = "template"


class Renderer:
    """``used`` is whether anything was rendered: then the outcome may be another in each stage."""

    def __init__(self, stage: Stage, problems: list[Diagnostic]) -> None:
        self.used = False
        self._stage = stage
        self._problems = problems

    def body(self, body: LocatedDict) -> LocatedDict:
        """The members of a file, rendered where it says so."""
        says = body.get(TEMPLATE, False)
        if not isinstance(says, bool):
            what = f"'{TEMPLATE}' must be true or false, not {describe(says)}"
            self._problems.append(error(Code.WRONG_TYPE, what, location=body.place(TEMPLATE)))
            return body.without(TEMPLATE)
        return self._tree(body, body.at) if says else body

    def text(self, text: str, at: Location, *, is_file: bool) -> str:
        """One text, which is left as it is where it cannot be rendered."""
        if "{" not in text:
            return text
        self.used = True
        try:
            return render(text, self._stage.vars, self._stage.name, at, is_file=is_file)
        except Refused as refused:
            self._problems.extend(refused.diagnostics)
            return text

    def _tree(self, tree: Any, at: Location) -> Any:
        if isinstance(tree, str):
            return self.text(tree, at, is_file=False)
        if isinstance(tree, LocatedDict):
            made = LocatedDict(tree.at)
            for key, value in tree.items():
                place = tree.place(key)
                made.put(key, self._tree(value, place), place, tree.place(key, "key"))
            return made
        if isinstance(tree, LocatedList):
            items = LocatedList(tree.at)
            for index, item in enumerate(tree):
                items.add(self._tree(item, tree.place(index)), tree.place(index))
            return items
        return tree
