from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from reconciler.quota import registry
from reconciler.quota.fetch import Target, fetch_all
from reconciler.quota.world import World
from tests.quota.asking import NOW, roads
from tests.quota.loopback import saying, talking


CHECKOUT = Path(__file__).parents[2]
DOCUMENT = CHECKOUT / "docs" / "providers.md"


def test_every_provider_is_documented_with_its_names_and_its_interval() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    for provider in registry.providers().values():
        rows = [row for row in text.splitlines() if any(f"`{alias}`" in row for alias in provider.aliases)]

        assert any(row.endswith(f"{provider.interval_s // 60} min |") for row in rows), provider.name


def test_every_provider_asks_at_least_a_minute_apart_and_names_its_hosts_and_the_way_out() -> None:
    for provider in registry.providers().values():
        assert provider.interval_s >= 60
        assert provider.hosts
        assert provider.missing
        assert provider.sources


def test_the_documented_provider_works_as_it_stands_there(tmp_path: Path) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    module: dict[str, Any] = {}
    exec(compile(source, str(DOCUMENT), "exec"), module)  # noqa: S102  our own documentation
    body = json.dumps({"used": "3", "limit": 12, "resets": 1789907520}).encode()

    with talking(saying("200 OK", body)) as server:
        target = Target(module["PROVIDER"], "acme", World(environ={"ACME_API_KEY": "k"}, home=tmp_path))
        way = roads(server.server_address[1], "api.acme.example")
        (answer,) = fetch_all([target], now=NOW, deadline_s=5, roads=way)

    assert [("weekly", "0.25")] == [(each.id, str(each.used_fraction)) for each in answer.windows]


def test_a_provider_is_one_module_and_one_line() -> None:
    helpers = {"__init__", "claude_body", "claude_web", "codex_sign_in"}
    modules = {path.stem for path in (CHECKOUT / "reconciler/quota/providers").glob("*.py")} - helpers

    assert modules == set(registry.MODULES)
    assert list(registry.MODULES) == sorted(registry.MODULES)
