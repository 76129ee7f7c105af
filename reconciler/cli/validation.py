from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.context import policy_files
from reconciler.cli.talk import out, tell
from reconciler.errors import Exit, ReconcilerError
from reconciler.text import printable


if TYPE_CHECKING:
    from reconciler.policy.model import Expectation, Policy
    from reconciler.policy.problem import Problem


_LONGEST_PATH = 4096


def validate(named: Sequence[Path], *, strict: bool) -> Exit:
    """Check the policy files, run their tests, tell every mistake, and return the exit code."""
    from reconciler.policy.load import check

    files = policy_files(named)
    checked = check(files)
    for problem in checked.problems:
        tell(str(problem))
    errors, warnings = len(checked.errors), len(checked.warnings)
    if checked.policy is None or (strict and warnings):
        tell(f"{errors} errors, {warnings} warnings")
        return Exit.ERROR
    out(f"valid: {', '.join(printable(str(file), at_most=_LONGEST_PATH) for file in files)}\n")
    passed = [_passes(checked.policy, test) for test in checked.policy.tests]
    return Exit.OK if all(passed) else Exit.ERROR


def _passes(policy: Policy, test: Expectation) -> bool:
    problems = tuple(_unmet(policy, test))
    for problem in problems:
        tell(str(problem))
    out(f"test {printable(test.name or test.facts)}: {'failed' if problems else 'passed'}\n")
    return not problems


def _unmet(policy: Policy, test: Expectation) -> Iterable[Problem]:
    """Run the test on its facts, whose path is relative to the file of the test."""
    from reconciler.documents import read_text
    from reconciler.facts.read import read_facts
    from reconciler.plan.expectations import unmet
    from reconciler.policy.problem import Problem

    path = Path(test.at.file).parent / test.facts
    try:
        facts = read_facts(read_text(path), name=str(path))
    except ReconcilerError as error:
        return (Problem(test.at, "spec.facts", error.problem, f"record them: tactician facts --out {path}"),)
    return unmet(policy, test, facts)
