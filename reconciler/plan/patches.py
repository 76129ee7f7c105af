from __future__ import annotations

from collections.abc import Iterable

import jsonpatch

from reconciler.facts.model import HostFacts
from reconciler.jsontypes import Json
from reconciler.openclaw.slot import Document, Slot
from reconciler.plan.model import AddProvider, ChoiceText, Patches, Setting
from reconciler.plan.patch import Operation, addition, job_document, operations
from reconciler.plan.settings import operations as setting_operations


def patches_for(
    host: HostFacts,
    wanted: Iterable[tuple[Slot, ChoiceText]],
    added: Iterable[AddProvider] = (),
    settled: Iterable[tuple[Slot, Setting]] = (),
) -> Patches:
    """Return the operations that add the local providers, write each slot's choice, and what it is set to beside.

    An apply makes them anew from the live host and compares: a plan can write nothing else.
    """
    documents: dict[Document, Json] = {
        Document.CONFIG: host.config,
        Document.JOBS: job_document(host.jobs),
    }
    found: dict[Document, list[Operation]] = {document: [] for document in Document}
    for provider in added:
        found[Document.CONFIG].extend(addition(host.config, provider.pointer, provider.after))
    for slot, after in wanted:
        assert slot.place is not None
        written = _as_written(slot, after)
        found[slot.place.document].extend(operations(documents[slot.place.document], slot.place, written))
    for slot, setting in settled:
        assert slot.place is not None
        document = slot.place.document
        if (
            found[document] and document is Document.CONFIG
        ):  # a choice may have added the object that both stand in
            documents[document] = jsonpatch.apply_patch(host.config, found[document])
        found[document].extend(setting_operations(documents[document], slot, setting))
    return Patches(config=tuple(found[Document.CONFIG]), jobs=tuple(found[Document.JOBS]))


def _as_written(slot: Slot, after: ChoiceText) -> ChoiceText:
    """Keep the slot's own words, such as an alias, for the models that stay.

    A bare name among fallbacks belongs to the provider of the model, so it stays only with that.
    """
    live = slot.effective
    if live is None:
        return after
    same = after.primary == str(live.primary)
    own = {
        str(ref): ref.written
        for ref in (live.fallbacks if slot.fallbacks_source == slot.address else ())
        if same or "/" in ref.written
    }
    primary = live.primary.written if same and slot.source == slot.address else after.primary
    return ChoiceText(
        primary=primary,
        fallbacks=after.fallbacks and tuple(own.get(ref, ref) for ref in after.fallbacks),
    )
