from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from prometheus_client.parser import text_string_to_metric_families

from reconciler.ledger.reconciliation import Reconciliation
from reconciler.render.metrics import metrics_text
from tests.worlds import NOW, reading


RUN = Reconciliation(at=NOW, host="host-1", mode="auto", outcome="applied", wanted=3, changed=("job/a",))


def parsed(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read the text as Prometheus does; every family has a help and is a gauge."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.name.startswith("tactician_")
        assert family.documentation
        assert "gauge" == family.type
        found |= {(each.name, tuple(each.labels.items())): each.value for each in family.samples}
    return found


def test_prometheus_reads_what_a_run_did() -> None:
    found = parsed(metrics_text(RUN))

    assert NOW.timestamp() == found["tactician_last_run_timestamp_seconds", ()]
    assert (3, 1) == (found["tactician_changes_wanted", ()], found["tactician_changes_made", ()])
    assert 1 == found["tactician_last_run_outcome", (("outcome", "applied"),)]
    assert 0 == found["tactician_last_run_outcome", (("outcome", "failed"),)]
    assert 1 == found["tactician_mode", (("mode", "auto"),)]
    assert ("tactician_retry_timestamp_seconds", ()) not in found


def test_every_window_has_its_share_and_one_that_is_unknown_has_none() -> None:
    known = reading("anthropic", "0.815").model_copy(update={"resets_at": NOW + timedelta(hours=5)})
    text = metrics_text(RUN, [known, reading("openai", None), reading("zai", "1E-7")])
    found = parsed(text)

    labels = (("provider", "anthropic"), ("account", "default"), ("window", "weekly"))
    assert 0.815 == found["tactician_window_used_ratio", labels]
    assert found["tactician_window_reset_timestamp_seconds", labels] == NOW.timestamp() + 5 * 3600
    assert 2 == len([name for name, _ in found if name == "tactician_window_used_ratio"])
    assert Decimal("0.0000001") == Decimal(
        text.partition('zai",account="default",window="weekly"} ')[2].split()[0]
    )


def test_a_label_cannot_break_out_of_its_quotes() -> None:
    hostile = 'a"b\\c\nd'
    found = parsed(metrics_text(RUN, [reading("zai", "0.5", account=hostile)]))

    assert (
        0.5
        == found[
            "tactician_window_used_ratio", (("provider", "zai"), ("account", hostile), ("window", "weekly"))
        ]
    )
