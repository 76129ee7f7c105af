"""Policy and facts as they would be if something were otherwise. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.assign.subject import subjects
from reconciler.errors import Position, UsageError
from reconciler.facts.model import Facts
from reconciler.policy.model import Bar, Policy, Rule
from reconciler.text import printable
from reconciler.whatif.keys import with_key
from reconciler.whatif.nearest import meant
from reconciler.whatif.quota import QUOTA, with_quota


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What to take for true: *values* by their path, in order, and the providers that there would not be.

    A path is a key of the policy in the spelling of its file, such as `safety.maxChanges`, or begins with
    `provider.` and a name: then `used`, `limit` and `resetsAt` speak of the quota, of all windows or of the one
    that is named between, and any other key of what the policy says of the provider.
    """

    values: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.values or self.without)

    @property
    def words(self) -> tuple[str, ...]:
        """Say each of them in one line, safe to print."""
        told = (
            *(f"{path}={value}" for path, value in self.values),
            *(f"without {name}" for name in self.without),
        )
        return tuple(map(printable, told))


def assume(policy: Policy, facts: Facts, assumptions: Assumptions) -> tuple[Policy, Facts]:
    """Return policy and facts with the assumptions put in; neither of the two that were given changes.

    Raises:
        UsageError: a path leads nowhere or its value does not fit; the nearest that would is named.
    """
    for path, value in assumptions.values:
        first, _, rest = path.partition(".")
        if first != "provider":
            policy = with_key(policy, path, value)
        elif rest.rpartition(".")[2] in QUOTA:
            facts = with_quota(policy, facts, rest, value)
        else:
            policy = with_key(policy, f"providers.{rest}", value)
    for name in assumptions.without:
        policy, facts = _without(policy, facts, name)
    return policy, facts


def _without(policy: Policy, facts: Facts, provider: str) -> tuple[Policy, Facts]:
    """Keep everything off a provider, and forget its quota."""
    concerned = using(facts, provider)
    known = {*policy.providers, *(reading.provider for reading in facts.readings)}
    if not concerned and provider not in known:
        raise UsageError(
            f"nothing here is of a provider {printable(provider)!r}", hint=meant(provider, known, "providers")
        )
    bar = Bar(provider, f"assumed to be without {provider}", concerned)
    kept = tuple(reading for reading in facts.readings if reading.provider != provider)
    return barred(policy, f"without {provider}", bar), facts.model_copy(update={"readings": kept})


def barred(policy: Policy, name: str, bar: Bar) -> Policy:
    """Put *bar* behind the rules of the policy, so that it has the last word."""
    return replace(policy, rules=(*policy.rules, Rule(name, Position("command line", 1, 1), bar=bar)))


def using(facts: Facts, provider: str, *, fallbacks: bool = True) -> frozenset[str]:
    """Return the addresses of the slots that run on a provider, those too that have it among their fallbacks."""
    return frozenset(
        subject.slot.address
        for subject in subjects(facts.host)
        if (now := subject.slot.effective)
        and any(ref.provider == provider for ref in (now.primary, *(now.fallbacks if fallbacks else ())))
    )
