from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.facts.redact import model_settings
from reconciler.openclaw.choices import slots
from reconciler.openclaw.source import read_config
from reconciler.openclaw.version import capabilities, parse_version


CANARY = "sk-canary-3f9a"
CONFIGS = Path(__file__).parents[1] / "openclaw" / "fixtures" / "config"
VERSIONS = ("2026.2.9", "2026.3.22", "2026.6.1", "2026.9.6")


FIXTURES = [path for path in sorted(CONFIGS.glob("*/openclaw.json")) if path.parent.name != "invalid"]


def salted(value: Any) -> Any:
    """Put a secret beside every key, at every depth, in an object of its own and in a list."""
    if isinstance(value, dict):
        secrets = {"apiKey": CANARY, "xUnknown": {"token": CANARY, "list": [CANARY, {"a": CANARY}]}}
        return {key: salted(item) for key, item in value.items()} | secrets
    return [salted(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_kept_of_a_configuration_means_the_same_slots(path: Path, version: str) -> None:
    config = read_config(path).value
    caps = capabilities(parse_version(version))

    assert slots(config, (), caps) == slots(model_settings(config), (), caps)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.parent.name)
def test_a_secret_in_any_key_that_is_not_listed_stays_behind(path: Path) -> None:
    kept: Any = model_settings(salted(read_config(path).value))

    assert CANARY not in json.dumps(kept)
    assert kept["agents"]["defaults"]


def test_a_secret_among_the_keys_of_a_model_is_not_kept() -> None:
    config = {"agents": {"defaults": {"model": {"primary": "a/b", "headers": {"key": CANARY}}}}}

    assert {"agents": {"defaults": {"model": {"primary": "a/b"}}}} == model_settings(config)


def test_an_object_where_a_plain_value_belongs_is_not_kept() -> None:
    agent = {"name": {"token": CANARY}, "thinkingDefault": [CANARY, {"token": CANARY}]}

    kept = model_settings({"agents": {"entries": {"main": agent}}})

    assert {"agents": {"entries": {"main": {"name": None, "thinkingDefault": [CANARY, None]}}}} == kept


def test_the_model_that_a_host_spares_for_utility_work_is_kept() -> None:
    """Without a written model OpenClaw takes the first configured one that is not the utility model."""
    providers = {"ollama": {"models": [{"id": "small"}, {"id": "large"}]}}
    config = {
        "meta": {"migrations": {"utilityModelSeparation": True}},
        "models": {"providers": providers},
        "agents": {"defaults": {"utilityModel": "ollama/small"}},
    }
    caps = capabilities(parse_version("2026.9.6"))

    assert "ollama/large" == str(slots(config, (), caps)[0].effective.primary)  # type: ignore[union-attr]
    assert slots(config, (), caps) == slots(model_settings(config), (), caps)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (f"https://user:{CANARY}@host.example:8443/v1/{CANARY}?key={CANARY}#x", "https://host.example:8443"),
        ("http://127.0.0.1:1234/v1", "http://127.0.0.1:1234"),
        ("http://[::1]:1234/v1", "http://[::1]:1234"),
        ("https://host.example", "https://host.example"),
        (f"https://user:{CANARY}/x@host", None),
        (f"{CANARY}:whatever", None),
        (f"{CANARY}", None),
        ("http://[broken", None),
        ("http://host:99999/", None),
        (["http://host"], None),
    ],
)
def test_of_a_url_only_scheme_host_and_port_are_kept(url: object, kept: str | None) -> None:
    config = {"models": {"providers": {"x": {"baseUrl": url}}}}

    assert {"models": {"providers": {"x": {"baseUrl": kept}}}} == model_settings(config)


def test_a_login_is_kept_without_the_name_of_its_profile() -> None:
    profile = {"provider": "anthropic", "mode": "token", "token": CANARY, "email": "carol@example.org"}
    config = {"auth": {"profiles": {"anthropic:carol@example.org": profile}, "order": {"a": [CANARY]}}}

    assert {"auth": {"profiles": {"login-1": {"provider": "anthropic"}}}} == model_settings(config)


def test_a_fraction_is_kept_as_text_because_digests_take_no_float() -> None:
    models = [{"id": "m", "cost": {"input": 0.25, "output": 1}}]
    config = {"models": {"providers": {"x": {"models": models}}}}

    kept = model_settings(config)

    assert {"input": "0.25", "output": 1} == kept["models"]["providers"]["x"]["models"][0]["cost"]  # type: ignore[index,call-overload]


def test_the_places_of_a_list_stay_where_they_were() -> None:
    """Patches name agents by their place, so an odd entry must not shift the others."""
    config = {"agents": {"list": ["odd", {"id": "main", "sandbox": {"mode": "x"}}]}}

    assert {"agents": {"list": [None, {"id": "main"}]}} == model_settings(config)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.just(CANARY),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["agents", "defaults", "models", "providers", "auth", "profiles", "list", "x"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["agents", "models", "auth", "meta", "gateway", "env"]), JSON))
def test_a_configuration_of_any_shape_is_read_without_a_float_left(config: dict[str, Any]) -> None:
    kept = model_settings(config)

    assert kept.keys() <= {"agents", "models", "auth", "meta"}
    json.dumps(kept, allow_nan=False)
