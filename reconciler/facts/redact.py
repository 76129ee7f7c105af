from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from reconciler.jsontypes import Json


Tree = Mapping[str, "Tree | None"]
_ANY, _PLAIN = "*", ""  # any key of an object or item of a list; a plain value instead of the object
_CHOICE: Tree = {_PLAIN: None, "primary": None, "fallbacks": None}
_MODEL: Tree = {"model": _CHOICE}
_HEARTBEAT: Tree = {"model": _CHOICE, "every": None, "isolatedSession": None, "lightContext": None}
_MODEL_MAP: Tree = {_ANY: {"alias": None}}
_AGENT: Tree = {
    "id": None,
    "name": None,
    "default": None,
    "model": _CHOICE,
    "models": _MODEL_MAP,
    "modelPolicy": {"allow": None},
    "subagents": _MODEL,
    "heartbeat": _HEARTBEAT,
    "thinkingDefault": None,
    "tools": {"profile": None},
}
_KEPT: Tree = {
    "meta": {
        "lastTouchedVersion": None,
        "migrations": {"modelPolicyAllowlist": None, "utilityModelSeparation": None},
    },
    "agents": {
        "ownership": None,
        "defaults": {**_AGENT, "systemAgent": {"agentId": None}, "utilityModel": None},
        "entries": {_ANY: _AGENT},
        "list": {_ANY: _AGENT},
    },
    "auth": {},
    "models": {
        "mode": None,
        "providers": {
            _ANY: {
                "api": None,
                "baseUrl": None,
                "models": {
                    _ANY: {
                        "id": None,
                        "name": None,
                        "reasoning": None,
                        "input": None,
                        "compat": {"supportsTools": None},
                        "contextWindow": None,
                        "contextTokens": None,
                        "maxTokens": None,
                        "cost": {"input": None, "output": None, "cacheRead": None, "cacheWrite": None},
                    }
                },
            }
        },
    },
}


def model_settings(config: Mapping[str, Json]) -> dict[str, Json]:
    """Return what `openclaw.json` says of models and agents, by a list of what may pass; all else stays behind."""
    kept = _keep(config, _KEPT)
    if not isinstance(kept, dict):
        return {}
    return {**kept, "auth": _logins(config)} if "auth" in kept else kept


def _logins(config: Mapping[str, Json]) -> Json:
    """Keep that there is a login for a provider; the names of profiles are often e-mail addresses."""
    auth = config.get("auth")
    profiles = auth.get("profiles") if isinstance(auth, Mapping) else None
    found: dict[str, Json] = {}
    for number, profile in enumerate(profiles.values() if isinstance(profiles, Mapping) else (), 1):
        if isinstance(profile, Mapping) and isinstance(profile.get("provider"), str):
            found[f"login-{number}"] = {"provider": profile["provider"]}
    return {"profiles": found}


def _keep(value: Json, tree: Tree | None, key: str = "") -> Json:
    if tree is None:
        return _origin(value) if key == "baseUrl" else _leaf(value)
    if isinstance(value, Mapping):
        return {
            name: _keep(item, tree.get(name, tree.get(_ANY)), name)
            for name, item in value.items()
            if name and (name in tree or _ANY in tree)
        }
    if isinstance(value, list | tuple):
        return [_keep(item, tree.get(_ANY)) for item in value] if _ANY in tree else None
    return _leaf(value) if _PLAIN in tree else None


def _origin(value: Json) -> Json:
    """Keep scheme, host and port of a URL; a user, password, path or query may be a secret."""
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if host is None or parts.scheme not in {"http", "https", "ws", "wss"}:
        return None
    bracketed = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{bracketed}" + (f":{port}" if port else "")


def _leaf(value: Json) -> Json:
    """Keep a plain value or a list of such; a float as its shortest text, because digests take none."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | tuple):
        return [None if isinstance(item, Mapping | list | tuple) else _leaf(item) for item in value]
    return None if isinstance(value, Mapping) else value
