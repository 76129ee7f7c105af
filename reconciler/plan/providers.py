from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import jsonpatch

from reconciler.assign.local import LocalServers
from reconciler.facts.model import Facts, HostFacts, LocalServer
from reconciler.jsontypes import Json
from reconciler.openclaw.pointer import join
from reconciler.openclaw.refs import split_profile
from reconciler.plan.model import AddProvider, Because, Change
from reconciler.plan.patch import addition
from reconciler.policy.model import Policy
from reconciler.servers.entry import model_entry, provider_entry
from reconciler.text import printable


def additions(policy: Policy, facts: Facts, changes: Iterable[Change]) -> tuple[AddProvider, ...]:
    """Return what `openclaw.json` must be told of local servers before the *changes* can work.

    A provider that is not there is added with all its models that the policy has a use for; to one
    that lists its models the missing ones are added. What stands there is never edited.
    """
    local = LocalServers(policy, facts.servers)
    wanted = dict.fromkeys(
        split_profile(ref)[0]
        for change in changes
        for ref in (change.after.primary, *(change.after.fallbacks or ()))
    )
    offered = set(local.refs())
    host, found = facts.host, list[AddProvider]()
    for ref in wanted:
        provider, _, name = ref.partition("/")
        server = local.server(provider)
        if server is None or ref not in offered:
            continue
        for addition_ in _missing(host, provider, name, server, local):
            found.append(addition_)
            host = with_providers(host, [addition_])
    return tuple(found)


def with_providers(host: HostFacts, added: Iterable[AddProvider]) -> HostFacts:
    """Return the host as it is with the providers added."""
    config = host.config
    for provider in added:
        config = jsonpatch.apply_patch(config, list(addition(config, provider.pointer, provider.after)))
    return host.model_copy(update={"config": config})


def _missing(
    host: HostFacts, provider: str, name: str, server: LocalServer, local: LocalServers
) -> Iterator[AddProvider]:
    entry = _providers(host.config).get(provider)
    if not isinstance(entry, Mapping):
        offered = provider_entry(server, local.offered(provider))
        yield _added(f"provider/{provider}", server, ("models", "providers", provider), offered)
        return
    models = entry.get("models")
    if not isinstance(models, list | tuple) or any(_id(model) == name for model in models):
        return  # without a list OpenClaw asks the server itself
    model = next(model for model in local.offered(provider) if model.id == name)
    place = ("models", "providers", provider, "models", str(len(models)))
    yield _added(f"provider/{provider}/{printable(name)}", server, place, model_entry(model))


def _added(
    address: str, server: LocalServer, place: tuple[str, ...], after: Mapping[str, Json]
) -> AddProvider:
    return AddProvider(
        address=address,
        title=printable(f"{server.kind} at {server.url}"),
        after=dict(after),
        pointer=join(list(place)),
        because=Because(reason="a slot of this plan gets a model of it, which openclaw.json does not list"),
    )


def _providers(config: Mapping[str, Json]) -> Mapping[str, Json]:
    models = config.get("models")
    providers = models.get("providers") if isinstance(models, Mapping) else None
    return providers if isinstance(providers, Mapping) else {}


def _id(model: Json) -> Json:
    return model.get("id") if isinstance(model, Mapping) else None
