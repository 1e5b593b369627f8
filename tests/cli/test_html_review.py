"""``--format html``: the file a pipeline keeps beside a plan."""

from __future__ import annotations

from agentops.domain.plan import Plan
from agentops.domain.view.review import review_of_plans
from agentops.render.html import page
from tests.projects import Project


def test_a_plan_is_shown_as_a_page_and_a_saved_one_makes_the_same_page_anywhere(project: Project) -> None:
    planned = project.run("plan", "--format", "html", "--out", "plan.json")
    assert planned.code == 0
    saved = Plan.load((project.root / "plan.json").read_bytes(), "plan.json")
    assert planned.out == page(review_of_plans([saved]))
    (project.root / "agentops.yaml").unlink(missing_ok=True)
    shown = project.run("show", "plan.json", "--format", "html", "--out", "review.html")
    assert (shown.code, shown.out) == (0, "")
    assert (project.root / "review.html").read_text(encoding="utf-8") == planned.out
