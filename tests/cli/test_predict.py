"""`predict` as its user meets it: on recorded facts, and on the host of the tests."""

from __future__ import annotations

import json
from decimal import Decimal

from jsonschema import Draft7Validator

from reconciler.facts.model import JobUse
from tests.cli.home import CHECKOUT, Household
from tests.forecast.houses import NOW, history, job, reading
from tests.worlds import config, facts


POLICY = """
apiVersion: tactician/v1
kind: RoutingPolicy
spec:
  providers:
    acme: {quotaSource: api, tier: premium}
    zai: {quotaSource: self-tracked, quotaType: tokens, limit: 600, resetSchedule: {type: weekly, dayOfWeek: 1}}
"""


def recorded(home: Household, used: str = "0.7") -> str:
    use = JobUse(job="digest", runs=50, mean=20, p90=30)
    host = facts(job("digest", 60), config=config())
    found = host.model_copy(
        update={"taken_at": NOW, "readings": (reading(used),), "history": (history(jobs=(use,)),)}
    )
    home.policy.write_text(POLICY)
    path = home.root / "facts.json"
    path.write_text(json.dumps(found.dump()))
    return str(path)


def test_predict_draws_what_is_left_and_says_when_and_because_of_whom(home: Household) -> None:
    done = home.run("predict", "--facts", recorded(home))

    assert (0, "") == (done.code, done.err)
    assert "acme weekly  CRITICAL" in done.out
    assert "now      70 % used, resets in 2 d 12 h" in done.out
    assert "before the reset" in done.out
    assert "digest (without it" in done.out
    assert "●" in done.out
    assert 80 >= max(map(len, done.out.splitlines()))


def test_predict_as_json_fits_its_schema(home: Household) -> None:
    done = home.run("predict", "acme", "--hours", "48", "--json", "--facts", recorded(home))

    document = json.loads(done.out)
    schema = json.loads((CHECKOUT / "schemas" / "prediction.schema.json").read_text())
    Draft7Validator(schema).validate(document)
    (window,) = document["windows"]
    assert 48 == document["horizonHours"]
    assert Decimal(window["chanceByReset"]) >= Decimal(window["chanceByHorizon"])


def test_predict_on_the_live_host_says_what_is_not_known(home: Household) -> None:
    home.policy.write_text(POLICY)

    done = home.run("predict", "zai", "--no-fetch")

    assert 0 == done.code
    assert "%" not in done.out.split("left")[0].replace("0 % used", "")


def test_the_plan_warns_of_what_is_foretold(home: Household) -> None:
    plan = json.loads(home.run("plan", "--json", "--facts", recorded(home)).out)

    (found,) = [each for each in plan["findings"] if each["address"] == "quota/acme"]
    assert "warning" == found["level"]
    assert "weekly: 70% used" in found["text"]
