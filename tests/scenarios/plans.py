"""The recorded plans; `python -m tests.scenarios.plans` writes them again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from reconciler.canonical import pretty
from reconciler.facts.gather import facts_of
from reconciler.facts.read import read_facts
from reconciler.openclaw.host import Snapshot
from reconciler.openclaw.jobstore import find_store
from reconciler.openclaw.source import read_config
from reconciler.plan.make import make_plan
from reconciler.plan.model import Plan
from reconciler.plan.verify import write_plan
from reconciler.policy.load import load_text
from reconciler.render.markdown import plan_markdown
from reconciler.render.text import plan_text


ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(path.parent for path in Path(__file__).parent.glob("*/policy.yaml"))
SETS = sorted(path.parent for path in (ROOT / "policies").glob("*/policy.yaml"))
HOME = ROOT / "policies" / "home"
_RECORDED = datetime(2026, 4, 2, 8, 0, tzinfo=UTC)


def expected() -> Iterator[tuple[Path, str]]:
    """Yield every recorded file with what it should hold; the facts of the example home come first."""
    yield HOME / "facts.json", home_facts()
    for folder in SCENARIOS:
        plan = plan_of(folder)
        yield folder / "plan.json", write_plan(plan)
        yield folder / "plan.md", plan_markdown(plan)
        yield folder / "plan.txt", plan_text(plan)
    for folder in SETS:
        plan = plan_of(folder)
        yield ROOT / "plans" / f"{folder.name}.json", write_plan(plan)
        yield ROOT / "plans" / f"{folder.name}.md", plan_markdown(plan)


def plan_of(folder: Path) -> Plan:
    """Plan a folder's policy on its facts, as `tactician plan` does at the top of the checkout."""
    policy, facts = folder / "policy.yaml", folder / "facts.json"
    loaded = load_text(policy.read_text(encoding="utf-8"), policy.relative_to(ROOT).as_posix())
    return make_plan(loaded, read_facts(facts.read_text(encoding="utf-8"), name=str(facts)))


def home_facts() -> str:
    """Record the example home without a gateway, as if on a machine and at a time that never change."""
    state = HOME / "openclaw"
    snapshot = Snapshot(
        id="host-example-home",
        label="the example home",
        source=read_config(state / "openclaw.json"),
        jobs=find_store(state).read(),
        jobs_from="jobs.json",
        version="2026.3.22",
    )
    return pretty(facts_of(snapshot, now=_RECORDED).dump())


if __name__ == "__main__":
    for path, text in expected():
        path.write_text(text, encoding="utf-8")
