"""The usual places of a credential."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from reconciler.jsontypes import JsonObject
from reconciler.quota.credential import Credential, Unusable, api_key
from reconciler.quota.provider import Found, Login, Source
from reconciler.quota.world import World


KEY_FILE = "the login's credentialsPath"
"""Where a login without a file of its own need not look."""


def in_variables(*names: str, kind: str = "api") -> Source:
    """Look for a key in the first of these variables that is set; a named login has its own file instead."""

    def find(world: World, login: Login) -> Found:
        found = None if login.path else world.variable(*names)
        return api_key(found[0], found[1], kind=kind) if found else None

    return Source(where=", ".join(names), find=find)


def chosen_host(world: World, variable: str, hosts: tuple[str, ...]) -> str:
    """Return the one of a provider's own *hosts* that a variable names, as host or address; the first without one."""
    named = world.environ.get(variable, "").strip()
    host = urlsplit(named if "//" in named else f"//{named}").hostname
    return host if host in hosts else hosts[0]


def in_openclaw(*ids: str) -> Source:
    """Look for a key in OpenClaw's provider configuration."""

    def find(world: World, login: Login) -> Found:
        for each in () if login.path else ids:
            key = world.openclaw_keys.get(each)
            if key:
                return Credential(kind="api", where=f"OpenClaw's provider {each}", secrets={"token": key})
        return None

    return Source(where="OpenClaw's provider configuration", find=find)


def in_key_file() -> Source:
    """Look for a key that stands alone in the file of a named login."""

    def find(world: World, login: Login) -> Found:
        text = world.text(world.expand(login.path)) if login.path else None
        return api_key(login.path or "", text.strip()) if text and text.strip() else None

    return Source(where=KEY_FILE, find=find)


def in_json(
    folder: tuple[str, str], *names: str, read: Callable[[JsonObject, str], Credential | Unusable]
) -> Source:
    """Look for a JSON file below a directory, given as variable and default; a named login's file comes first."""
    variable, otherwise = folder

    def find(world: World, login: Login) -> Found:
        path = world.expand(login.path) if login.path else world.folder(variable, otherwise).joinpath(*names)
        content = world.json(path)
        return None if content is None else read(content, world.short(path))

    usual = "/".join(("~", otherwise, *names))
    elsewhere = f"{'/'.join((f'${variable}', *names))}, else " if variable else ""
    return Source(where=f"{elsewhere}{usual}", find=find)
