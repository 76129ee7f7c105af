from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ReconcilerError
from reconciler.openclaw.endpoint import Endpoint, find_gateway
from reconciler.openclaw.home import find_home


CANARY = "canary-7f3a"


def gateway(
    tmp_path: Path, config: dict[str, Any], environ: dict[str, str] | None = None, profile: str | None = None
) -> Endpoint:
    return find_gateway({"gateway": config}, environ or {}, find_home({}, tmp_path, profile=profile))


def credentials(found: Endpoint) -> tuple[str | None, str | None]:
    return (found.token and found.token.reveal(), found.password and found.password.reveal())


@pytest.mark.parametrize(
    ("config", "environ", "profile", "expected"),
    [
        ({}, {}, None, "ws://127.0.0.1:18789"),
        ({"port": 7}, {}, None, "ws://127.0.0.1:7"),
        ({"port": 7}, {"OPENCLAW_GATEWAY_PORT": "8"}, None, "ws://127.0.0.1:8"),
        ({"port": 7}, {"OPENCLAW_GATEWAY_PORT": "127.0.0.1:8"}, None, "ws://127.0.0.1:8"),
        ({"port": 7}, {"OPENCLAW_GATEWAY_PORT": "70000"}, None, "ws://127.0.0.1:7"),
        ({"port": True}, {}, None, "ws://127.0.0.1:18789"),
        ({"bind": "lan"}, {}, None, "ws://127.0.0.1:18789"),
        ({"tls": {"enabled": True}}, {}, None, "wss://127.0.0.1:18789"),
        ({}, {}, "dev", "ws://127.0.0.1:19001"),
        ({}, {}, "work", "ws://127.0.0.1:41984"),
        ({"mode": "remote", "remote": {"url": " wss://h.example "}}, {}, None, "wss://h.example"),
        ({"mode": "local", "remote": {"url": "wss://h.example"}}, {}, None, "ws://127.0.0.1:18789"),
        ({"mode": "remote"}, {"OPENCLAW_GATEWAY_URL": "ws://[::1]:9"}, None, "ws://[::1]:9"),
    ],
)
def test_the_gateway_is_where_openclaw_itself_would_call_it(
    tmp_path: Path, config: dict[str, Any], environ: dict[str, str], profile: str | None, expected: str
) -> None:
    assert expected == gateway(tmp_path, config, environ, profile).url


BOTH = {"token": "cfg-t", "password": "cfg-p"}
ENV = {"OPENCLAW_GATEWAY_TOKEN": "env-t", "OPENCLAW_GATEWAY_PASSWORD": "env-p"}


@pytest.mark.parametrize(
    ("config", "environ", "expected"),
    [
        ({"auth": BOTH}, {}, ("cfg-t", None)),
        ({"auth": BOTH}, ENV, ("env-t", None)),
        ({"auth": {"mode": "password", **BOTH}}, {}, (None, "cfg-p")),
        ({"auth": {"mode": "password", **BOTH}}, ENV, (None, "env-p")),
        ({"auth": {"mode": "token", "password": "cfg-p"}}, {}, (None, None)),
        ({"auth": {"mode": "none", **BOTH}}, ENV, (None, None)),
        ({"auth": {"password": "cfg-p"}}, {}, (None, "cfg-p")),
        ({"remote": {"token": "rem-t"}}, {}, ("rem-t", None)),
        ({}, {}, (None, None)),
        (
            {"mode": "remote", "remote": {"url": "wss://h", "token": "rem-t"}, "auth": BOTH},
            ENV,
            ("rem-t", "env-p"),
        ),
        ({"mode": "remote", "remote": {"url": "wss://h"}, "auth": BOTH}, ENV, ("env-t", "env-p")),
        ({"mode": "remote", "remote": {"url": "wss://h"}, "auth": BOTH}, {}, ("cfg-t", "cfg-p")),
    ],
)
def test_credentials_are_taken_in_openclaws_order(
    tmp_path: Path, config: dict[str, Any], environ: dict[str, str], expected: tuple[str | None, str | None]
) -> None:
    assert expected == credentials(gateway(tmp_path, config, environ))


def test_an_address_from_the_environment_gets_no_credential_from_a_file(tmp_path: Path) -> None:
    environ = {"OPENCLAW_GATEWAY_URL": "wss://other.example", "OPENCLAW_GATEWAY_TOKEN": "env-t"}

    assert ("env-t", None) == credentials(gateway(tmp_path, {"auth": BOTH}, environ))
    assert (None, None) == credentials(
        gateway(tmp_path, {"auth": BOTH}, {"OPENCLAW_GATEWAY_URL": "wss://other.example"})
    )


def test_a_variable_spares_a_reference_that_nobody_can_resolve(tmp_path: Path) -> None:
    config = {"auth": {"token": {"source": "exec", "provider": "vault", "id": "x"}}}

    assert ("env-t", None) == credentials(gateway(tmp_path, config, {"OPENCLAW_GATEWAY_TOKEN": "env-t"}))
    with pytest.raises(ReconcilerError, match=r"gateway\.auth\.token refers to a secret"):
        gateway(tmp_path, config)


def test_the_dotenv_of_the_state_directory_counts(tmp_path: Path) -> None:
    (tmp_path / ".openclaw").mkdir()
    (tmp_path / ".openclaw" / ".env").write_text("OPENCLAW_GATEWAY_TOKEN=dot-t\n", encoding="utf-8")

    assert ("dot-t", None) == credentials(gateway(tmp_path, {"auth": {"token": "${OPENCLAW_GATEWAY_TOKEN}"}}))


def test_a_remote_without_an_address_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError, match=r"gateway\.remote\.url is missing"):
        gateway(tmp_path, {"mode": "remote", "remote": {"url": " "}})


def test_a_remotes_fingerprint_is_kept(tmp_path: Path) -> None:
    found = gateway(tmp_path, {"mode": "remote", "remote": {"url": "wss://h", "tlsFingerprint": "ab"}})

    assert "ab" == found.tls_fingerprint


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "127.0.0.1:1", "ws://", "ws://[::1", "x"])
def test_what_is_no_address_of_a_gateway_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ReconcilerError, match="not the address"):
        gateway(tmp_path, {}, {"OPENCLAW_GATEWAY_URL": url})


@pytest.mark.parametrize("host", ["192.168.0.2", "example.org", "8.8.8.8", "localhost.example.org"])
def test_credentials_never_leave_the_machine_unencrypted(tmp_path: Path, host: str) -> None:
    with pytest.raises(ReconcilerError, match=f"unencrypted to {host}") as found:
        gateway(tmp_path, {}, {"OPENCLAW_GATEWAY_URL": f"ws://me:{CANARY}@{host}:1/?token={CANARY}"})

    assert CANARY not in str((found.value.problem, found.value.hint, found.value.evidence))


def test_a_trusted_private_network_has_to_be_allowed(tmp_path: Path) -> None:
    allowed = {"OPENCLAW_ALLOW_INSECURE_PRIVATE_WS": "1"}

    found = gateway(tmp_path, {}, {"OPENCLAW_GATEWAY_URL": "ws://192.168.0.2:1", **allowed})

    assert "ws://192.168.0.2:1" == found.url
    with pytest.raises(ReconcilerError, match="unencrypted"):
        gateway(tmp_path, {}, {"OPENCLAW_GATEWAY_URL": "ws://8.8.8.8:1", **allowed})


def test_an_endpoint_shows_no_credential(tmp_path: Path) -> None:
    assert CANARY not in repr(gateway(tmp_path, {"auth": {"token": CANARY}}))
