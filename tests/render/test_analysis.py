from __future__ import annotations

from reconciler.render.analysis import analysis_text
from tests.analysis.test_analyze import USED, analysis
from tests.worlds import CODING, GPT, OPUS, job


def text() -> str:
    jobs = (
        job("Inbox", usage=USED),
        job("Build", prompt=CODING, usage=USED.model_copy(update={"input": 900_000})),
        job("\x1b[2Jname " + "very " * 30, model=GPT),
    )
    return analysis_text(analysis(*jobs))


def test_a_slot_is_told_in_a_few_lines() -> None:
    block = text().split("\njob/Inbox\n")[1].split("\n\n")[0]

    assert f"    model     {OPUS}, premium tier, 0.39 above the need" in block
    assert "    use       10.0 runs and 950.0 k tokens a day, 172.50 USD a month" in block
    assert "    !         runs on a premium model, is simple" in block
    assert "    saves     " in block


def test_the_picture_shows_who_uses_most_with_the_model_that_ran() -> None:
    lines = text().splitlines()
    picture = lines[lines.index("Tokens a day:") + 1 :]

    assert picture[0].split() == ["job/Inbox", "█" * 16, "950.0", "k", OPUS]
    assert picture[1].split() == ["job/Build", "█" * 2, "140.0", "k", OPUS]


def test_the_picture_shows_every_model_that_ran_and_who_used_it() -> None:
    shared = USED.model_copy(update={"models": {OPUS: 150, GPT: 50}})
    found = analysis_text(analysis(job("Inbox", usage=USED), job("Build", usage=shared))).splitlines()

    build = next(place for place, line in enumerate(found) if line.startswith("  job/Build"))
    assert found[build].endswith(OPUS)
    assert found[build + 1] == f"    on {OPUS} 75 %, {GPT} 25 %"
    models = found[found.index("Requests a day:") + 1 :]
    assert models[0].split() == [OPUS, "█" * 16, "35", "job/Inbox"]
    assert models[1] == "    of job/Inbox 57 %, job/Build 43 %"
    assert models[2].split() == [GPT, "█" * 2, "5", "job/Build"]


def test_no_line_is_wider_than_a_terminal_and_no_name_moves_the_cursor() -> None:
    assert all(len(line) <= 80 for line in text().splitlines())
    assert "\x1b" not in text()


def test_slots_of_which_nothing_is_known_share_a_line() -> None:
    last = text().split("\n\n")[-1]

    assert last.startswith("Nothing is known of the work of ")
    assert last.endswith(" USD a month at list prices.\n")


def test_a_ledger_without_use_is_said_to_be_empty() -> None:
    assert "The ledger knows of no use yet." in analysis_text(analysis(job()))


def test_many_users_are_summed_after_the_first_dozen() -> None:
    found = analysis_text(analysis(*(job(f"j{number:02}", usage=USED) for number in range(14))))

    assert "  and 2 more, 1.9 M" in found
