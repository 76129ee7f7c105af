"""Policy files to one `Policy`, or to every mistake that they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from reconciler.errors import Position
from reconciler.policy.danger import dangers
from reconciler.policy.document import CatalogSpec, Header, RoutingSpec, RuleSpec, TestSpec
from reconciler.policy.lint import lint
from reconciler.policy.merge import merge, walk
from reconciler.policy.messages import translate
from reconciler.policy.model import Expectation, Placed, Policy, Rule, policy
from reconciler.policy.problem import PolicyInvalid, Problem
from reconciler.policy.read import Unusable, decode, read
from reconciler.policy.source import Listing, Node, Scalar, Table, parse, plain


_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Checked:
    """What files say: the policy, unless they hold an error, and all errors and warnings."""

    policy: Policy | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "warning")


def load(paths: Sequence[Path]) -> Policy:
    """Return the policy that the files make up together.

    Raises:
        PolicyInvalid: with all errors of all files; warnings do not count, `check` returns them.
    """
    return _valid(check(paths))


def load_text(text: str, file: str = "policy.yaml") -> Policy:
    return _valid(check_text({file: text}))


def check(paths: Sequence[Path]) -> Checked:
    """Read the files in the given order, which is the order of their rules."""
    return _check({str(path): _text_of(path) for path in paths})


def check_text(texts: Mapping[str, str]) -> Checked:
    """Check the texts, given by file name, as if they had been read."""
    return _check({file: _decoded(text, file) for file, text in texts.items()})


def _valid(checked: Checked) -> Policy:
    if checked.policy is None:
        raise PolicyInvalid(checked.errors)
    return checked.policy


def _text_of(path: Path) -> str | Problem:
    try:
        return read(path)
    except Unusable as error:
        return error.problem


def _decoded(text: str, file: str) -> str | Problem:
    try:
        return decode(text.encode("utf-8", "surrogatepass"), file)
    except Unusable as error:
        return error.problem


class _Spec(NamedTuple):
    kind: str
    name: str
    content: Table


def _check(texts: Mapping[str, str | Problem]) -> Checked:
    problems: list[Problem] = []
    specs = [spec for file, text in texts.items() for spec in _specs(text, file, problems)]
    tests = tuple(_tests(specs, problems))
    spec, tree = _routing(specs, problems)
    problems = _first_of_each(problems)
    if spec is None or _has_error(problems):
        return Checked(None, _in_order(problems, texts))
    whole = policy(
        spec,
        rules=tuple(_rules(spec, tree)),
        tests=tests,
        files=tuple(texts),
        places={path: at for path, at, _ in walk(tree, "spec", tree.at)},
    )
    problems += lint(whole)
    return Checked(None if _has_error(problems) else whole, _in_order(problems, texts))


def _specs(text: str | Problem, file: str, problems: list[Problem]) -> Iterator[_Spec]:
    if isinstance(text, Problem):
        problems.append(text)
        return
    try:
        source = parse(text, file)
    except Unusable as error:
        problems.append(error.problem)
        return
    problems.extend(source.problems)
    for document in source.documents:
        yield from _spec(document, problems)


def _spec(document: Node, problems: list[Problem]) -> Iterator[_Spec]:
    """Check all of the document but its `spec`, and yield that if it is one."""
    problems.extend(dangers(document))
    if not isinstance(document, Table):
        hint = "begin with `apiVersion: tactician/v1`, `kind: RoutingPolicy` and `spec:`"
        problems.append(Problem(document.at, "", "a policy is a mapping", hint))
        return
    header = _validated(Header, document, "", problems)
    content = document.entries.get("spec")
    if header is not None and content is not None and isinstance(content.value, Table):
        name = header.metadata.name if header.metadata else ""
        yield _Spec(header.kind, name, content.value)


def _routing(specs: Sequence[_Spec], problems: list[Problem]) -> tuple[RoutingSpec | None, Table]:
    """Merge and validate what routes; without any such document the defaults are the policy."""
    parts = []
    for spec in specs:
        if spec.kind == "ModelCatalog":
            _validated(CatalogSpec, spec.content, "spec", problems)
        if spec.kind != "PolicyTest":
            parts.append(spec.content)
    if all(spec.kind != "RoutingPolicy" for spec in specs):
        problems.extend(_nothing_routes(specs))
    if not parts:
        empty = Table({}, Position("", 1, 1), start=0, flow=False)
        return RoutingSpec(), empty
    tree, conflicts = merge(parts)
    problems.extend(conflicts)
    return _validated(RoutingSpec, tree, "spec", problems), tree


def _nothing_routes(specs: Sequence[_Spec]) -> Iterator[Problem]:
    for spec in specs[:1]:
        message = "none of these files holds a RoutingPolicy, so the defaults are the policy"
        yield Problem(spec.content.at, "kind", message, "add a file of this kind", severity="warning")


def _validated(model: type[_Model], node: Node, path: str, problems: list[Problem]) -> _Model | None:
    try:
        return model.model_validate(plain(node), by_name=False, by_alias=True)
    except ValidationError as error:
        problems.extend(translate(error, model, node, path))
        return None


def _rules(spec: RoutingSpec, tree: Table) -> Iterator[Rule]:
    entry = tree.entries.get("rules")
    nodes = entry.value.items if entry and isinstance(entry.value, Listing) else ()
    for rule, node in zip(spec.rules, nodes, strict=True):
        if isinstance(node, Table):
            yield _rule(rule, node)


def _rule(rule: RuleSpec, node: Table) -> Rule:
    return Rule(
        name=rule.name,
        at=node.at,
        match=rule.match,
        when=rule.when,
        pin=next(_placed("pin", node), None),
        allow=tuple(_placed("allow", node)) if rule.allow is not None else None,
        deny=tuple(_placed("deny", node)) if rule.deny is not None else None,
        protect=rule.protect,
        task=rule.task,
        thinking=rule.thinking,
        schedule=rule.schedule,
        when_exhausted=rule.when_exhausted,
        split=rule.split,
        note=rule.note,
    )


def _placed(key: str, node: Table) -> Iterator[Placed]:
    if key in node.entries:
        value = node.entries[key].value
        for item in value.items if isinstance(value, Listing) else (value,):
            if isinstance(item, Scalar):
                yield Placed(str(item.value), item.at)


def _tests(specs: Sequence[_Spec], problems: list[Problem]) -> Iterator[Expectation]:
    for spec in specs:
        if spec.kind == "PolicyTest" and (test := _validated(TestSpec, spec.content, "spec", problems)):
            expect = {
                slot: wanted if isinstance(wanted, str) else wanted.model
                for slot, wanted in test.expect.items()
            }
            yield Expectation(spec.name, spec.content.at, test.facts, expect, _expected_at(spec.content))


def _expected_at(content: Table) -> Mapping[str, Position]:
    expect = content.entries["expect"].value
    entries = expect.entries if isinstance(expect, Table) else {}
    return {slot: entry.key.at for slot, entry in entries.items()}


def _has_error(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _first_of_each(problems: Sequence[Problem]) -> list[Problem]:
    """Keep one problem for each place: what is no value at all need not be the wrong type too."""
    first: dict[tuple[Position, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.at, problem.path), problem)
    return list(first.values())


def _in_order(problems: Sequence[Problem], texts: Mapping[str, object]) -> tuple[Problem, ...]:
    order = {file: number for number, file in enumerate(texts)}
    return tuple(sorted(problems, key=lambda problem: (order.get(problem.at.file, -1), problem.at)))
