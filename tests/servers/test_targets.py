from __future__ import annotations

import pytest

from reconciler.errors import ReconcilerError
from reconciler.servers.targets import DEFAULT_PORTS, bases, ollama_host, targets


def test_each_default_port_is_looked_at_on_both_families() -> None:
    found = [target.base for target in targets()]

    assert 2 * len(DEFAULT_PORTS) == len(found) == 16
    assert {"http://127.0.0.1:11434", "http://[::1]:11434"} <= set(found)


def test_an_endpoint_of_the_policy_is_looked_at_wherever_it_is() -> None:
    found = targets({"box": "https://llm.example:8443/ai/v1", "lmstudio": "http://127.0.0.1:1234/v1"})

    assert ("box",) == next(t.providers for t in found if t.base == "https://llm.example:8443/ai")
    assert ("lmstudio",) == next(t.providers for t in found if t.base == "http://127.0.0.1:1234")
    assert 17 == len(found)


def test_localhost_means_both_families() -> None:
    assert ("http://127.0.0.1:9/x", "http://[::1]:9/x") == bases("http://localhost:9/x/v1/", what="it")


def test_other_hosts_count_only_where_a_policy_names_them() -> None:
    found = [
        target.base for target in targets(also=["http://10.0.0.7:11434", "http://127.0.0.1:9999"], ports=())
    ]

    assert ["http://127.0.0.1:9999"] == found


@pytest.mark.parametrize("endpoint", ["ftp://x:1", "http://", "http://h:99999", "nonsense", "http://u:p@h:1"])
def test_what_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(ReconcilerError, match="the endpoint of box is no address") as caught:
        targets({"box": endpoint})

    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("", None),
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("0.0.0.0", "http://127.0.0.1:11434"),  # noqa: S104  what Ollama users write
        ("http://box", "http://box:80"),
        ("https://box", "https://box:443"),
        ("[::]:7000", "http://[::1]:7000"),
        (":7000", "http://127.0.0.1:7000"),
        ("http://h:bad", None),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(value: str, address: str | None) -> None:
    assert address == ollama_host(value)
