from __future__ import annotations

import pytest

from reconciler.plan.make import make_plan
from reconciler.render.markdown import code, escaped, plan_markdown
from tests.worlds import CODING, EARLY, HAIKU, MINI, OPUS, config, facts, job, plan_of, policy


HOSTILE = "<img src=x onerror=alert(1)> | **bold** `code` [link](http://x.example) @everyone #1 ![i](j) &lt;"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>&amp;", r"\<b\>\&amp;"),
        ("a|b", r"a\|b"),
        ("[x](y)", r"\[x\]\(y\)"),
        ("**`_~", r"\*\*\`\_\~"),
        ("# 1", r"\#<!-- --> 1"),
        ("@team", "@<!-- -->team"),
        ("anthropic/opus@work", "anthropic/opus@work"),
        ("https://x.example", "https:<!-- -->//x.example"),
        ("www.x.example", "www<!-- -->.x.example"),
        ("two\nlines", r"two\\nlines"),
        ("\u202e", r"\\u202e"),
    ],
)
def test_text_from_outside_is_text(text: str, shown: str) -> None:
    assert shown == escaped(text)


def test_a_code_span_ends_where_we_end_it() -> None:
    assert r"`a'b\|c\n`" == code("a`b|c\n")


def test_hostile_names_stay_in_their_cell() -> None:
    known = facts(
        job(HOSTILE),
        job("Build", CODING, model=MINI),
        config=config(models={OPUS: {}, HAIKU: {}, f"google/{HOSTILE}": {}}),
        label=HOSTILE,
    ).model_copy(update={"problems": (HOSTILE,)})
    owner = policy("qualityThresholds: {coding: 1}\nsafety: {maxChanges: 0}")

    text = plan_markdown(make_plan(owner, known))

    outside_code = "".join(text.split("`")[::2])
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert "<img" not in outside_code.replace(r"\<img", "")
    assert " @everyone" not in outside_code
    assert "](http" not in outside_code
    assert {5} == {len(line.replace(r"\|", "").split("|")) - 1 for line in table}


def test_a_name_of_a_list_cannot_open_a_tag() -> None:
    plan = plan_of(job())
    renamed = plan.model_copy(update={"verdicts": {"<script>": next(iter(plan.verdicts.values()))}})

    assert "<summary>Why not another model: &lt;script&gt;</summary>" in plan_markdown(renamed)


def test_the_plan_is_a_table_with_a_row_for_each_change() -> None:
    rule = f"rules: [{{name: mine, match: {{job: Digest}}, pin: {HAIKU}}}]"

    text = plan_markdown(plan_of(job(), spec=rule))

    cell = r"pinned by the policy, mine \(policy.yaml:"
    assert f"| `job/Digest` | `{OPUS}` | `{HAIKU}` | {cell}" in text
    assert "1 to change, 0 kept, 4 left alone, of 5 slots." in text


def test_a_change_that_cannot_be_undone_and_a_tripped_belt_are_marked() -> None:
    text = plan_markdown(plan_of(job(), version=EARLY, config=config(), spec="safety: {maxChanges: 0}"))

    assert "| `job/Digest` ⚠ |" in text
    assert "⚠ This host cannot put the old state back exactly." in text
    assert "**Refused by too-many-changes:** 1 changes, safety.maxChanges is 0" in text


def test_what_is_stuck_is_told() -> None:
    plan = plan_of(job("Stuck", CODING, model=MINI), spec="qualityThresholds: {coding: 1}")

    assert "warning: `job/Stuck` openai/gpt-5.4-mini: too weak for coding" in plan_markdown(plan)
