"""Money and quota at the head of a plan."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from reconciler.plan.model import CourseText, Outlook, Plan, QuotaOutlook, SpendOutlook
from reconciler.render.markdown import plan_markdown
from reconciler.render.outlook import outlook_lines
from reconciler.render.text import plan_text
from tests.worlds import NOW, OPUS, job, plan_of


HOSTILE = "\x1b[31m```red \u202e" + "very long " * 30
TIGHT = QuotaOutlook(
    provider="anthropic",
    window="weekly",
    used=Decimal("0.4"),
    resets_at=NOW + timedelta(days=3),
    before=CourseText(at_reset=Decimal("1.12"), used_up=NOW + timedelta(days=2)),
    after=CourseText(at_reset=Decimal("0.55")),
)


def spent(provider: str, before: str | None, after: str | None, *, billed: bool = False) -> SpendOutlook:
    told = [None if usd is None else Decimal(usd) for usd in (before, after)]
    return SpendOutlook(
        provider=provider,
        billed=billed,
        runs_before=1712,
        runs_after=518,
        usd_before=told[0],
        usd_after=told[1],
    )


def plan(
    *spending: SpendOutlook, quotas: tuple[QuotaOutlook, ...] = (), ways_out: tuple[str, ...] = ()
) -> Plan:
    found = Outlook(spending=spending, quotas=quotas, ways_out=ways_out)
    return plan_of(job()).model_copy(update={"outlook": found})


def test_money_is_told_by_provider_and_together() -> None:
    lines = list(
        outlook_lines(plan(spent("anthropic", "505.65", "267.56"), spent("zai", "0", "39.7", billed=True)))
    )

    assert "  anthropic              1,712 →     518 runs     505.65 →    267.56 USD" == lines[1]
    assert lines[2].endswith("0.00 →     39.70 USD, paid")
    assert "  together               3,424 →   1,036 runs     505.65 →    307.26 USD" == lines[3]


def test_an_unknown_price_is_no_sum() -> None:
    lines = list(outlook_lines(plan(spent("anthropic", "505.65", None), spent("zai", "0", "39.7"))))

    assert lines[1].endswith("505.65 →         ? USD")
    assert not [line for line in lines if "together" in line]


def test_a_quota_is_drawn_as_it_is_and_with_the_plan() -> None:
    lines = list(outlook_lines(plan(quotas=(TIGHT,))))[1:]

    assert [
        "  anthropic weekly, 40 % used, resets Thu 17 Sep 06:00 UTC",
        "    as it is      ████████▒▒▒▒▒▒▒▒▒▒▒▒  112 %, gone Wed 16 Sep 06:00 UTC",
        "    with the plan ████████▒▒▒░░░░░░░░░   55 %",
    ] == lines


def test_a_plan_without_changes_tells_only_where_the_quotas_go() -> None:
    still = plan_of(job(enabled=False, model=OPUS)).model_copy(
        update={"outlook": Outlook(spending=(spent("anthropic", "1", "1"),), quotas=(TIGHT,)), "changes": ()}
    )

    text = plan_text(still)

    assert "as it is" in text
    assert "with the plan" not in text
    assert "A week at list prices" not in text


def test_what_competes_and_what_would_make_it_fit_is_told() -> None:
    short = TIGHT.model_copy(
        update={"short": Decimal("0.07"), "rivals": ("job/A", "job/B", "job/C", "job/D")}
    )
    lines = list(outlook_lines(plan(quotas=(short,), ways_out=("raise the budget of acme by $4.00",))))

    assert "    short by 7 % of its limit" in lines
    assert "    competing for it: job/A, job/B, job/C and 1 more" in lines
    assert ["What would make it fit:", "  - raise the budget of acme by $4.00"] == lines[-2:]


def test_the_picture_is_the_same_in_markdown_and_nothing_breaks_out_of_it() -> None:
    bad = TIGHT.model_copy(update={"provider": HOSTILE, "rivals": (HOSTILE,), "binds": True})
    made = plan(spent(HOSTILE, "1", "2"), quotas=(TIGHT, bad), ways_out=(HOSTILE,))

    markdown = plan_markdown(made)
    block = markdown.partition("```text\n")[2].partition("\n```\n")[0].splitlines()

    assert [line.replace("`", "'") for line in outlook_lines(made)] == block
    assert 2 == markdown.count("```")
    assert all(line.isprintable() for line in block)
    assert 80 >= max(map(len, block))


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert [] == list(outlook_lines(plan()))
    assert "```" not in plan_markdown(plan())
