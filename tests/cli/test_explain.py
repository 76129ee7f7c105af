"""`explain` as its user meets it: on recorded facts, and on the host of the tests."""

from __future__ import annotations

import json

from jsonschema import Draft7Validator

from tests.cli.home import CHECKOUT, Household


EXAMPLE = ("-p", CHECKOUT / "policies/home/policy.yaml", "--facts", CHECKOUT / "policies/home/facts.json")


def test_a_slot_is_explained_by_the_beginning_of_its_name(home: Household) -> None:
    done = home.run("explain", "depend", *EXAMPLE)

    assert (0, "") == (done.code, done.err)
    assert done.out.startswith("job/Dependency bump changes: standard tier instead of premium\n")
    assert "  task      coding, medium difficulty, confidence 1.00" in done.out
    assert "ruled out: too weak for coding by 0.06 (0.74 < 0.8)" in done.out
    assert 80 >= max(map(len, done.out.splitlines()))


def test_a_rule_is_named_with_its_file_and_line(home: Household) -> None:
    text = " ".join(home.run("explain", "Tax reminder", *EXAMPLE).out.split())

    assert "job/Tax reminder is left alone: protected" in text
    assert "policies/home/policy.yaml:41): protect" in text


def test_as_json_it_fits_its_schema(home: Household) -> None:
    done = home.run("explain", "Inbox check", "--json", *EXAMPLE)

    document = json.loads(done.out)
    schema = json.loads((CHECKOUT / "schemas" / "explanation.schema.json").read_text())
    Draft7Validator(schema).validate(document)
    assert "job/Inbox check" == document["address"]


def test_what_if_is_explained_too(home: Household) -> None:
    asked = ("explain", "depend", *EXAMPLE, "--set", "provider.anthropic.used=97%", "--without", "google")

    done, document = home.run(*asked), json.loads(home.run(*asked, "--json").out)

    assert "assuming provider.anthropic.used=97%; without google" in done.out
    assert "ruled out: quota window is 97% used (in the slot now)" in done.out
    assert "ruled out: assumed to be without google" in done.out
    assert ["provider.anthropic.used=97%", "without google"] == document["assumptions"]


def test_on_the_live_host_a_hold_is_told(home: Household) -> None:
    assert 0 == home.run("hold", "job/Inbox check", "--reason", "exams").code

    done = home.run("explain", "Inbox check", "--no-fetch")

    assert 0 == done.code, done.err
    assert "is left alone: on hold: exams" in done.out
    assert "hold      on hold until it is resumed: exams" in done.out


def test_a_name_that_means_nothing_or_too_much_is_a_mistake_of_use(home: Household) -> None:
    nothing, many = home.run("explain", "Taks reminder", *EXAMPLE), home.run("explain", "job/", *EXAMPLE)

    assert (64, 64) == (nothing.code, many.code)
    assert "did you mean job/Tax reminder?" in nothing.err
    assert "name one: job/" in many.err
