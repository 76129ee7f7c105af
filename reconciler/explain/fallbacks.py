from __future__ import annotations

from reconciler.assign.fallbacks import takes_fallbacks
from reconciler.assign.wanted import Decision


def of_fallbacks(decision: Decision) -> str:
    """Tell in words what becomes of the fallbacks of a slot."""
    slot = decision.subject.slot
    if not takes_fallbacks(slot):
        return f"it has no place for fallbacks of its own, they come from {slot.fallbacks_source}"
    if slot.strict:
        return "an empty list was written for it, so it stays without any"
    if decision.choice is None:
        return "they stay as they are"
    primary, then = decision.choice
    had = tuple(str(ref) for ref in slot.effective.fallbacks) if slot.effective else ()
    if not then:
        return "no other model would do as one" if not had else "none of them may follow the new model"
    if set(then) <= set(had):
        gone = [ref for ref in had if ref not in then and ref != primary]
        return f"the list is kept, without {', '.join(gone)}" if gone else "the list is kept"
    return "it had none that may follow the model, so the next best are taken"
