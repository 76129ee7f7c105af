from __future__ import annotations

from collections.abc import Iterator

from reconciler.policy.merge import walk
from reconciler.policy.problem import Problem
from reconciler.policy.secret import looks_secret
from reconciler.policy.source import Node, Scalar, Table


_REMOVE = "remove it from the file and its history; `credentialsPath` names a file that holds credentials"


def dangers(document: Node) -> Iterator[Problem]:
    """Yield what no value may be: nothing, or a secret, which is found before any message quotes it."""
    for path, at, node in walk(document, "", document.at):
        if isinstance(node, Table):
            for key in node.entries.values():
                if looks_secret(str(key.key.value)):
                    yield Problem(key.key.at, path, "this key looks like a secret", _REMOVE)
        elif isinstance(node, Scalar) and node.value is None:
            yield Problem(at, path, "has no value", "write a value or remove the key")
        elif isinstance(node, Scalar) and looks_secret(str(node.value)):
            yield Problem(node.at, path, "this looks like a secret", _REMOVE)
