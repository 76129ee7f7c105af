from __future__ import annotations

from reconciler.assign.subject import subjects
from tests.worlds import CODING, OPUS, config, facts, job


def test_every_slot_is_a_subject_in_the_order_of_the_host() -> None:
    host = facts(job("b"), job("a", prompt=CODING, enabled=False), config=config(agents={"main": {}})).host

    found = subjects(host)

    addresses = ["defaults", "agent/main", "agent/main/heartbeat", "agent/main/subagents", "job/b", "job/a"]
    assert addresses == [subject.slot.address for subject in found]
    assert [True, False] == [subject.enabled for subject in found[-2:]]
    assert ["simple", "coding"] == [subject.task.kind for subject in found[-2:] if subject.task]


def test_the_title_of_a_job_is_its_name_and_of_another_slot_its_address() -> None:
    twins = (job("Digest", id="1"), job("Digest", id="2"))

    found = subjects(facts(*twins, config=config(OPUS, {})).host)

    assert [("defaults", "defaults"), ("job/1", "Digest"), ("job/2", "Digest")] == [
        (subject.slot.address, subject.title) for subject in found
    ]
