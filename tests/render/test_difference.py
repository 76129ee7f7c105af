from __future__ import annotations

import pytest

from reconciler.errors import ReconcilerError
from reconciler.render.difference import difference, shaped
from tests.worlds import CODING, GPT, HAIKU, OPUS, config, facts, job, plan_of


def test_documents_that_mean_the_same_do_not_differ() -> None:
    old = facts(job(), config=config())
    later = old.model_copy(update={"taken_at": old.taken_at.replace(hour=9)})

    assert [] == difference(old.dump(), later.dump())
    assert [] == difference(plan_of(job()).dump(), plan_of(job()).dump())


def test_a_job_that_is_new_is_one_line_and_shifts_no_other() -> None:
    one, two = job("One"), job("Two", model=OPUS)

    found = difference(facts(two, config=config()).dump(), facts(one, two, config=config()).dump())

    assert 1 == len(found)
    assert found[0].startswith("+ host/jobs/id-One: {")


def test_a_server_that_is_new_shifts_no_other() -> None:
    one, two = ({"url": f"http://127.0.0.1:{port}", "kind": "ollama"} for port in (1, 2))
    old = {**facts(config=config()).dump(), "servers": [two]}

    assert [line.partition(":")[0] for line in difference(old, {**old, "servers": [one, two]})] == [
        "+ servers/http"
    ]


def test_what_changed_and_what_is_gone_is_told_by_name() -> None:
    old = facts(job("One"), job("Two", model=OPUS), config=config()).dump()
    new = facts(job("Two", model=GPT), config=config()).dump()

    gone, changed = difference(old, new)

    assert gone.startswith("- host/jobs/id-One: {")
    assert f'~ host/jobs/id-Two/model: "{OPUS}" → "{GPT}"' == changed


def test_plans_are_compared_slot_by_slot() -> None:
    pin = "rules: [{{name: x, match: {{job: Digest}}, pin: {0}}}]"
    old, new = (plan_of(job(), job("Build", CODING), spec=pin.format(ref)).dump() for ref in (HAIKU, GPT))

    found = difference(old, new)

    assert f'~ changes/job/Digest/after/primary: "{HAIKU}" → "{GPT}"' in found
    assert not any("createdAt" in line or "changes/job/Build" in line for line in found)


def test_hostile_values_are_shown_as_they_are_written_in_json() -> None:
    old, new = facts(config=config()).dump(), facts(config=config(), label="x\n\u202e" + "y" * 500).dump()

    (line,) = difference(old, new)

    assert line.isprintable()
    assert len(line) < 200


def test_a_plan_is_not_compared_with_facts() -> None:
    with pytest.raises(ReconcilerError, match="cannot compare a Plan with a Facts"):
        difference(plan_of(job()).dump(), facts(config=config()).dump())

    with pytest.raises(ReconcilerError, match="cannot compare a None with a None"):
        difference({}, {})


@pytest.mark.parametrize(
    "document",
    [{}, {"kind": 1}, {"kind": ["Plan"]}, {"kind": "Facts"}, {"kind": "Plan", "changes": 3}],
)
def test_a_document_of_another_shape_is_refused_by_name(document: dict[str, object]) -> None:
    with pytest.raises(ReconcilerError, match=r"^old\.json "):
        shaped(document, name="old.json")
