from __future__ import annotations

from reconciler.assign.subject import subjects
from reconciler.facts.gather import prompt_facts
from reconciler.facts.model import AgentFacts, AskedFacts, UsageFacts
from reconciler.tasks.signals import signals_of
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


def test_a_slot_thinks_as_its_job_says_else_as_its_agent_does_else_as_the_defaults_do() -> None:
    agents = {"main": {"thinkingDefault": "low"}, "other": {}}
    jobs = (job("own", thinking="high"), job("inherits"), job("shared", agent_id="other"))
    host = facts(*jobs, config=config(agents=agents, thinkingDefault="off")).host

    levels = {subject.slot.address: subject.thinking for subject in subjects(host)}

    assert ("high", "low", "off") == tuple(levels[f"job/{name}"] for name in ("own", "inherits", "shared"))
    assert ("low", "off") == (levels["agent/main"], levels["defaults"])


def test_an_agent_is_judged_by_what_it_is_asked_and_its_heartbeat_by_its_checklist() -> None:
    known = facts(config=config())
    checklist = prompt_facts(signals_of(CODING))
    used = UsageFacts(days=1, runs=3)
    agent = AgentFacts(
        id="main",
        asked=AskedFacts(messages=10, kinds={"creative": 10}),
        checklist=checklist,
        usage=used,
        heartbeat_usage=used,
    )
    host = known.host.model_copy(update={"agents": (agent,)})

    kinds = {it.slot.address: (it.task and it.task.kind, it.usage) for it in subjects(host)}

    assert ("creative", used) == kinds["agent/main"]
    assert ("coding", used) == kinds["agent/main/heartbeat"]
    assert (None, None) == kinds["agent/main/subagents"] == kinds["defaults"]


def test_tools_and_description_of_an_agent_raise_what_it_needs() -> None:
    agents = {"main": {"tools": {"profile": "coding"}}, "plain": {"tools": {"profile": "messaging"}}}
    asked = AskedFacts(messages=10, kinds={"simple": 10})
    persona = prompt_facts(signals_of("Novelist. Write stories and poems."))
    known = facts(config=config(agents=agents)).host.model_copy(
        update={
            "agents": (
                AgentFacts(id="main", asked=asked),
                AgentFacts(id="plain", asked=asked, description=persona),
            )
        }
    )

    found = {it.slot.address: it.task for it in subjects(known)}

    coder, writer = found["agent/main"], found["agent/plain"]
    assert coder is not None
    assert writer is not None
    assert (("coding",), ("creative",)) == (coder.rivals, writer.rivals)
    assert "has the tools of a programmer" in coder.evidence


def test_a_description_alone_judges_no_agent() -> None:
    agent = AgentFacts(id="main", description=prompt_facts(signals_of(CODING)))
    known = facts(config=config()).host.model_copy(update={"agents": (agent,)})

    assert [None] == [it.task for it in subjects(known) if it.slot.address == "agent/main"]
