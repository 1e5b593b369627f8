from __future__ import annotations

import json

import pytest
from pydantic import BaseModel

from agentops.domain.plan import Plan
from agentops.domain.report import ApplyReport, DriftReport, StatusReport
from agentops.render.json import document
from tests.render.cases import (
    APPLIED,
    BLOCKED,
    EVERY_ACTION,
    EVERY_VALUE,
    FIRST_APPLY,
    MOVED,
    PARTLY,
    STATUS,
    TUTOR,
    create,
    plan,
)

REPORTS = [FIRST_APPLY, BLOCKED, APPLIED, STATUS, DriftReport(project="p", stage="dev", drift=MOVED)]


@pytest.mark.parametrize("value", REPORTS, ids=lambda value: type(value).__name__)
def test_one_document_with_a_format_version_in_the_order_of_the_model(value: BaseModel) -> None:
    text = document(value)
    read = json.loads(text)
    assert read["format_version"] == 1
    assert list(read)[: len(type(value).model_fields)] == list(type(value).model_fields)
    assert text.startswith('{\n  "format_version": 1,\n')
    assert text.endswith("}\n")


@pytest.mark.parametrize("value", [FIRST_APPLY, EVERY_VALUE, EVERY_ACTION, BLOCKED])
def test_a_plan_survives_the_round_trip(value: Plan) -> None:
    assert Plan.load(document(value).encode(), "plan.json") == value


@pytest.mark.parametrize("value", [APPLIED, PARTLY, STATUS])
def test_a_report_survives_the_round_trip(value: ApplyReport | StatusReport) -> None:
    read = json.loads(document(value))
    for computed in type(value).model_computed_fields:
        del read[computed]
    assert type(value).model_validate(read) == value


def test_non_ascii_is_kept_and_what_a_terminal_obeys_is_escaped() -> None:
    text = "naïve 你好 👩‍💻 \x1b[2J\x9b31m \u202edrow\u202c \u200b \u2028 \x7f \U000e0041"
    saved = plan(create(TUTOR, {"system": text, "\u202ekey": 1}))
    shown = document(saved)
    assert "naïve 你好" in shown
    assert not any(hidden in shown for hidden in "\x1b\x9b\u202e\u202c\u200b\u2028\x7f\U000e0041")
    assert Plan.load(shown.encode(), "plan.json") == saved
