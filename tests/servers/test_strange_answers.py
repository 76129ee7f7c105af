from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from reconciler.servers.answer import Answer, Request
from reconciler.servers.detect import Detection, Probe, servers_of
from reconciler.servers.identify import identify
from reconciler.servers.targets import Target
from reconciler.servers.verdict import NoServer, Verdict
from reconciler.servers.view import text
from tests.servers.replay import ANSWERS, Routes, routes


STRANGE: tuple[Any, ...] = (
    None, 0, -1, 1.5, True, "", [], {}, "x" * 400, "\x1b[2J", 10**30, [None], {"a": 1}, [[1]], "\ud800",
)  # fmt: skip
ROUNDS = 300


@pytest.mark.parametrize("folder", sorted(path.name for path in ANSWERS.iterdir() if path.is_dir()))
def test_no_value_in_an_answer_breaks_the_look(folder: str) -> None:
    chance, usual = Random(folder), routes(folder)
    for _ in range(ROUNDS):
        result = conversed(
            {asked: {**found, "body": strange(found["body"], chance)} for asked, found in usual.items()}
        )
        found = servers_of([Probe(Target("http://127.0.0.1:1"), (), result)])

        for server in found:
            assert server.model_dump_json()
        assert text(Detection(found, ()), verbose=True).encode()


def conversed(table: Routes) -> Verdict | NoServer:
    """Hold the conversation with a server that answers from *table*."""
    dialogue = identify()
    try:
        requests = next(dialogue)
        while True:
            requests = dialogue.send(tuple(answered(table, request) for request in requests))
    except StopIteration as end:
        result: Verdict | NoServer = end.value
        return result


def answered(table: Routes, request: Request) -> Answer:
    found = table.get((request.method, request.path)) or table.get(("GET", "/this-path-does-not-exist"))
    if found is None:
        return Answer(404, "HTTP/1.1")
    headers = {name.lower(): value for name, value in found["headers"].items()}
    return Answer(found["status"], found["http_version"], headers, found["body"].encode())


def strange(body: str, chance: Random) -> str:
    """Put a strange value in the place of about each seventh one."""
    try:
        return json.dumps(_strange(json.loads(body), chance))
    except ValueError:
        return body


def _strange(value: Any, chance: Random) -> Any:
    if chance.random() < 0.15:
        return chance.choice(STRANGE)
    if isinstance(value, dict):
        return {key: _strange(item, chance) for key, item in value.items()}
    return [_strange(item, chance) for item in value] if isinstance(value, list) else value
