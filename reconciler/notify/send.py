"""Tell the owner: by a command of theirs, by a webhook, or by both."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.canonical import canonical
from reconciler.jsontypes import JsonObject
from reconciler.notify.command import run
from reconciler.notify.webhook import post
from reconciler.policy.document import Notify


def send(notify: Notify, message: JsonObject) -> Iterator[str]:
    """Send *message* everywhere the policy says, and yield what went wrong, a line each."""
    body = canonical(message).encode()
    if notify.command and (problem := run(notify.command, body)):
        yield problem
    if notify.webhook and (problem := post(notify.webhook, body)):
        yield problem
