"""Assignments as hosts have them, drawn from a seed: prompts of the measured mix on subscriptions, pay and local."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import ceil

from reconciler.solve.problem import Option, Problem, Slot, Window


KINDS = {"simple": 0.51, "reasoning": 0.33, "creative": 0.11, "coding": 0.05}
"""Share of each kind of task in 117 recorded prompts of cron jobs; the hundredth that rounding left is with the last."""
THRESHOLDS = {"simple": 0.4, "reasoning": 0.75, "creative": 0.6, "coding": 0.8}
POOLS = ("claude", "codex", "gemini", "credit-a", "credit-b", "shop", "home")
"""Three subscriptions, two prepaid budgets, one that is paid as used, one server at home."""
SUBSCRIPTIONS, BUDGETS, OPEN, HOME = (0, 1, 2), (3, 4), 5, 6
SESSIONS = 34
"""Windows of five hours in a week."""
_WEEK_DAYS = 7
_OFTEN = 5
"""Runs a day from which on a job runs in every session."""
_MOST = 100_000
"""Thousands of tokens that one slot uses in a week: 50 every five minutes."""
_HELD = (0.25, 0.15, 0.1)
"""Share of all tokens that each subscription's week holds."""
_AT_HOME = 0.1
_SESSION = 0.04
"""Share of the first subscription's week that a session holds: a third more than the even share."""


@dataclass(frozen=True)
class Model:
    """A model as the generator draws it: USD per million tokens, and how fast it uses its pool's quota up."""

    name: str
    pool: int
    score: float
    price: float
    weight: int


@dataclass(frozen=True)
class Work:
    """A slot as the generator draws it: its thousands of tokens in a week, and how many fall into which session."""

    threshold: float
    tokens: int
    sessions: tuple[tuple[int, int], ...]


def drawn(slots: int, models: int, *, seed: int = 7, sessions: bool = False) -> Problem:
    """Draw a problem; its levels are US cents, how dear the pool's tier is, and moves."""
    chance = random.Random(seed)
    fleet = [_model(chance, number) for number in range(models)]
    works = [_work(chance) for _ in range(slots)]
    return Problem(
        tuple(
            Slot(f"job/{number}", _options(chance, fleet, work, sessions=sessions))
            for number, work in enumerate(works)
        ),
        _windows(sum(work.tokens for work in works), sessions=sessions),
    )


def _model(chance: random.Random, number: int) -> Model:
    pool = number % len(POOLS)
    score = chance.uniform(0.35, 0.75) if pool == HOME else chance.uniform(0.45, 0.95)
    if number == OPEN:
        score = 0.95
    price = 0.1 * 10 ** (2.2 * (score - 0.4)) * chance.uniform(0.7, 1.5)
    return Model(f"{POOLS[pool]}/{number}", pool, score, price, 5 if score > 0.85 else 1)


def _work(chance: random.Random) -> Work:
    """Draw runs and tokens with heavy tails; a job of less than a run a day runs at one hour, most in the morning."""
    kind = chance.choices(list(KINDS), weights=list(KINDS.values()))[0]
    runs = min(288.0, 0.5 * chance.paretovariate(0.9))
    tokens = min(400.0, chance.lognormvariate(3.4, 1.1))
    total = max(1, int(min(_MOST, runs * _WEEK_DAYS * tokens)))
    hour = min(23, max(0, round(chance.gauss(8, 4))))
    if runs >= _OFTEN:
        hit: tuple[int, ...] = tuple(range(SESSIONS))
    else:
        hit = tuple((day * 24 + hour) // 5 for day in range(_WEEK_DAYS))
    return Work(THRESHOLDS[kind], total, tuple((session, max(1, total // len(hit))) for session in hit))


def _options(chance: random.Random, fleet: list[Model], work: Work, *, sessions: bool) -> tuple[Option, ...]:
    good = [model for model in fleet if model.score >= work.threshold]
    present = chance.choice(good).name
    return tuple(_option(model, work, present, sessions=sessions) for model in good)


def _option(model: Model, work: Work, present: str, *, sessions: bool) -> Option:
    paid = model.pool in (*BUDGETS, OPEN)
    money = ceil(work.tokens * model.price / 10) if paid else 0
    load = money if paid else work.tokens * model.weight
    loads = () if model.pool == OPEN else ((min(OPEN, model.pool), load),)
    if sessions and model.pool == 0:
        loads += tuple((HOME + session, amount * model.weight) for session, amount in work.sessions)
    tier = 0 if model.pool == HOME else 1 + model.weight
    return Option(model.name, POOLS[model.pool], (money, tier, int(model.name != present)), loads)


def _windows(tokens: int, *, sessions: bool) -> tuple[Window, ...]:
    """Return a window for each pool but the one that is open, that at home in its place, then the sessions."""
    weeks = tuple(
        Window(f"{POOLS[pool]} week", int(tokens * share))
        for pool, share in zip(SUBSCRIPTIONS, _HELD, strict=True)
    )
    budgets = tuple(Window(f"{POOLS[pool]} budget", tokens // 200) for pool in BUDGETS)
    home = Window("home week", int(tokens * _AT_HOME))
    held = int(tokens * _HELD[0] * _SESSION)
    return (
        *weeks,
        *budgets,
        home,
        *(
            Window(f"claude session {number}", held, lazy=True)
            for number in range(SESSIONS if sessions else 0)
        ),
    )
