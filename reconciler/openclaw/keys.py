from __future__ import annotations

from collections.abc import Mapping

from reconciler.errors import ReconcilerError
from reconciler.jsontypes import JsonObject
from reconciler.openclaw.environment import SecretSource, host_environment
from reconciler.openclaw.home import Home
from reconciler.openclaw.roster import branch
from reconciler.secret import Secret


def provider_keys(config: JsonObject, environ: Mapping[str, str], home: Home) -> dict[str, Secret]:
    """Return the keys of OpenClaw's provider configuration by provider id; one that cannot be resolved is left out."""
    source = SecretSource(host_environment(environ, home, config), home, config)
    found: dict[str, Secret] = {}
    for name in branch(config, "models", "providers"):
        where = f"models.providers.{name}.apiKey"
        value = branch(config, "models", "providers", name).get("apiKey")
        try:
            key = source.resolve(value, where, instead="of the provider's own")
        except ReconcilerError:
            continue
        if key:
            found[name] = key
    return found
