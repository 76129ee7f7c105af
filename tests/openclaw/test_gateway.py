from __future__ import annotations

import json
import socket
import stat
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection

from reconciler.errors import Exit, ReconcilerError, UsageError
from reconciler.openclaw.device import load_device
from reconciler.openclaw.gateway import ADMIN, READ, Gateway, GatewayAddress, connect
from reconciler.openclaw.gateway_errors import (
    CredentialRefused,
    GatewayClosed,
    GatewayError,
    GatewayTimeout,
    GatewayUnreachable,
    MissingScope,
    NotAGateway,
    NotPaired,
    ProtocolTooOld,
    RpcError,
)
from reconciler.openclaw.wire import Deadline
from tests.openclaw.fake_gateway import (
    EARLY,
    JOB_CHANGED,
    MODERN,
    RATE_LIMITED,
    TOKEN,
    Era,
    RefusedError,
    answer,
    challenge,
    event,
    fake_gateway,
    http_server,
    websocket_server,
)


eras = pytest.mark.parametrize("era", [EARLY, MODERN], ids=lambda era: era.version)


@pytest.fixture
def device_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


def open_gateway(
    url: str,
    device_dir: Path,
    scopes: Collection[str] = (READ,),
    *,
    token: str | None = TOKEN,
    timeout: float = 5,
) -> Gateway:
    return connect(GatewayAddress(url, token), scopes, device_dir=device_dir, timeout=timeout)


@eras
def test_a_gateway_of_either_era_tells_its_version_and_answers(era: Era, device_dir: Path) -> None:
    with fake_gateway(era) as fake, open_gateway(fake.url, device_dir) as gateway:
        listed = gateway.call("cron.list", {"includeDisabled": True})

        assert {"jobs": []} == listed
        assert era.version == gateway.server_version
        assert era.protocol == gateway.protocol


@eras
def test_only_the_given_scopes_are_asked_for(era: Era, device_dir: Path) -> None:
    with fake_gateway(era) as fake, open_gateway(fake.url, device_dir) as gateway:
        assert {READ} == gateway.scopes
        assert all(params["scopes"] == [READ] for params in fake.connects)


def test_a_modern_gateway_needs_no_device_and_none_is_made(device_dir: Path) -> None:
    with fake_gateway(MODERN) as fake, open_gateway(fake.url, device_dir):
        assert ["device" in params for params in fake.connects] == [False]
        assert not device_dir.exists()


def test_an_early_gateway_gets_a_signed_device_on_the_second_attempt(device_dir: Path) -> None:
    with fake_gateway(EARLY) as fake, open_gateway(fake.url, device_dir):
        assert ["device" in params for params in fake.connects] == [False, True]
        assert load_device(device_dir).id == fake.connects[1]["device"]["id"]


def test_a_password_is_sent_as_a_password(device_dir: Path) -> None:
    with fake_gateway(EARLY) as fake:
        address = GatewayAddress(fake.url, password=TOKEN)

        with connect(address, [READ], device_dir=device_dir, timeout=5) as gateway:
            assert {"jobs": []} == gateway.call("cron.list")

        assert {"password": TOKEN} == fake.connects[-1]["auth"]


def test_events_and_other_answers_between_request_and_answer_are_dropped(device_dir: Path) -> None:
    def talk(ws: ServerConnection) -> None:
        greet(ws)
        request = json.loads(ws.recv())
        for number in range(50):
            event(ws, "tick", {"n": number})
        answer(ws, {"id": "999"}, ok=True, payload={"wrong": True})
        answer(ws, request, ok=True, payload={"right": True})

    with websocket_server(talk) as url, open_gateway(url, device_dir) as gateway:
        assert {"right": True} == gateway.call("status")


def test_an_answer_that_is_no_object_stands_under_value(device_dir: Path) -> None:
    with (
        fake_gateway(MODERN, answers={"cron.list": [1, 2]}) as fake,
        open_gateway(fake.url, device_dir) as gateway,
    ):
        assert {"value": [1, 2]} == gateway.call("cron.list")


def test_no_gateway_is_said_with_the_address(device_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    with pytest.raises(GatewayUnreachable, match=f"127.0.0.1:{port}: Connection refused") as caught:
        open_gateway(f"ws://127.0.0.1:{port}", device_dir)

    assert "openclaw gateway" in caught.value.hint


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_web_server_is_not_a_gateway(status: int, device_dir: Path) -> None:
    with http_server(status) as url, pytest.raises(NotAGateway, match=f"HTTP {status}"):
        open_gateway(url, device_dir)


def test_a_redirect_does_not_take_the_token_elsewhere(device_dir: Path) -> None:
    with fake_gateway(MODERN) as fake:
        with http_server(302, {"location": fake.url}) as url, pytest.raises(NotAGateway):
            open_gateway(url, device_dir)

        assert [] == fake.connects


def test_a_proxy_of_the_environment_is_not_used(device_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_gateway(MODERN) as fake, http_server(502) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "socks_proxy"):
            monkeypatch.setenv(name, proxy.replace("ws:", "http:"))
        monkeypatch.setenv("no_proxy", "")

        with open_gateway(fake.url, device_dir) as gateway:
            assert MODERN.version == gateway.server_version


def test_a_server_that_is_not_http_is_not_a_gateway(device_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=say_and_hang_up, args=(server, b"220 mail.example ESMTP\r\n"))
        thread.start()
        with pytest.raises(NotAGateway):
            open_gateway(f"ws://127.0.0.1:{server.getsockname()[1]}", device_dir)
        thread.join()


def test_a_websocket_that_sends_no_challenge_is_not_a_gateway(device_dir: Path) -> None:
    with websocket_server(listen) as url, pytest.raises(NotAGateway, match="sends no challenge"):
        open_gateway(url, device_dir, timeout=0.3)


@pytest.mark.parametrize(
    "first",
    [
        "[]",
        "nonsense",
        "[" * 100_000,
        '{"type":"event","event":"connect.challenge","payload":{"nonce":5,"ts":1}}',
        '{"type":"event","event":"hello","payload":{"nonce":"n","ts":1}}',
    ],
)
def test_a_websocket_that_begins_otherwise_is_not_a_gateway(first: str, device_dir: Path) -> None:
    def talk(ws: ServerConnection) -> None:
        ws.send(first)
        listen(ws)

    with websocket_server(talk) as url, pytest.raises(NotAGateway):
        open_gateway(url, device_dir)


def test_a_hello_of_another_kind_is_not_a_gateway(device_dir: Path) -> None:
    def talk(ws: ServerConnection) -> None:
        challenge(ws)
        answer(ws, json.loads(ws.recv()), ok=True, payload={"type": "goodbye"})
        listen(ws)

    with websocket_server(talk) as url, pytest.raises(NotAGateway, match="no hello"):
        open_gateway(url, device_dir)


@eras
def test_a_wrong_token_is_refused_and_not_repeated(era: Era, device_dir: Path) -> None:
    with fake_gateway(era) as fake, pytest.raises(CredentialRefused, match="does not accept") as caught:
        open_gateway(fake.url, device_dir, token="canary-wrong-token")

    assert "OPENCLAW_GATEWAY_TOKEN" in caught.value.hint
    assert "canary" not in everything(caught.value)
    assert "token mismatch" in caught.value.evidence[0]


@eras
def test_a_missing_token_is_asked_for(era: Era, device_dir: Path) -> None:
    with fake_gateway(era) as fake, pytest.raises(CredentialRefused, match="asks for a token"):
        open_gateway(fake.url, device_dir, token=None)


def test_an_address_does_not_show_its_secrets() -> None:
    assert "canary" not in repr(GatewayAddress("ws://127.0.0.1:1", "canary-token", "canary-password"))


def test_an_open_gateway_does_not_show_its_token(device_dir: Path) -> None:
    with fake_gateway(MODERN) as fake, open_gateway(fake.url, device_dir) as gateway:
        assert "canary" not in repr(vars(gateway))


def test_a_device_that_must_be_approved_first_is_told_how(device_dir: Path) -> None:
    with fake_gateway(MODERN, pairing_required=True) as fake, pytest.raises(NotPaired) as caught:
        open_gateway(fake.url, device_dir)

    assert "openclaw devices approve" in caught.value.hint


@eras
def test_a_call_beyond_the_scopes_names_the_missing_one(era: Era, device_dir: Path) -> None:
    with (
        fake_gateway(era) as fake,
        open_gateway(fake.url, device_dir) as gateway,
        pytest.raises(MissingScope) as caught,
    ):
        gateway.call("cron.update", {})

    assert ADMIN == caught.value.scope
    assert Exit.REFUSED == caught.value.exit_code


def test_a_gateway_that_grants_less_than_asked_is_refused_before_any_call(device_dir: Path) -> None:
    def talk(ws: ServerConnection) -> None:
        greet(ws, scopes=[READ])
        listen(ws)

    with websocket_server(talk) as url, pytest.raises(MissingScope, match=ADMIN):
        open_gateway(url, device_dir, [READ, ADMIN])


@pytest.mark.parametrize(
    ("protocol", "hint"), [(2, "update OpenClaw"), (5, "update this program")], ids=["too old", "too new"]
)
def test_a_gateway_of_another_protocol_says_which_side_is_old(
    protocol: int, hint: str, device_dir: Path
) -> None:
    with (
        fake_gateway(Era("2026.1.5", protocol, device_needed=False)) as fake,
        pytest.raises(
            ProtocolTooOld, match=f"speaks protocol {protocol}, this program speaks 3 to 4"
        ) as caught,
    ):
        open_gateway(fake.url, device_dir)

    assert caught.value.hint.startswith(hint)


def test_a_refused_request_tells_its_reason(device_dir: Path) -> None:
    with (
        fake_gateway(MODERN, answers={"cron.update": RefusedError(JOB_CHANGED)}) as fake,
        open_gateway(fake.url, device_dir, [READ, ADMIN]) as gateway,
        pytest.raises(RpcError) as caught,
    ):
        gateway.call("cron.update", {"id": "1"})

    assert "INVALID_REQUEST" == caught.value.code
    assert "CRON_JOB_CHANGED" == caught.value.detail_code
    assert JOB_CHANGED["details"] == caught.value.details
    assert not caught.value.retryable


def test_a_rate_limit_says_when_to_come_back(device_dir: Path) -> None:
    with (
        fake_gateway(MODERN, answers={"cron.update": RefusedError(RATE_LIMITED)}) as fake,
        open_gateway(fake.url, device_dir, [READ, ADMIN]) as gateway,
        pytest.raises(RpcError) as caught,
    ):
        gateway.call("cron.update", {"id": "1"})

    assert caught.value.retryable
    assert 53386 == caught.value.retry_after_ms
    assert "53 s" in caught.value.hint


def test_what_a_gateway_says_is_bounded_and_printable(device_dir: Path) -> None:
    nasty = RefusedError({"code": "X", "message": "\x1b[2J\u202egnp.exe\n" + TOKEN + "a" * 10_000})

    with (
        fake_gateway(MODERN, answers={"cron.list": nasty}) as fake,
        open_gateway(fake.url, device_dir) as gateway,
        pytest.raises(RpcError) as caught,
    ):
        gateway.call("cron.list")

    assert caught.value.problem.isprintable()
    assert len(caught.value.problem) < 400
    assert TOKEN not in everything(caught.value)


def test_an_error_without_any_content_is_still_an_error(device_dir: Path) -> None:
    with (
        fake_gateway(MODERN, answers={"cron.list": RefusedError({})}) as fake,
        open_gateway(fake.url, device_dir) as gateway,
        pytest.raises(RpcError, match="no reason given"),
    ):
        gateway.call("cron.list")


def test_one_deadline_covers_a_call_however_many_events_arrive(device_dir: Path) -> None:
    def talk(ws: ServerConnection) -> None:
        greet(ws)
        while True:
            event(ws, "tick", {})

    with (
        websocket_server(talk) as url,
        open_gateway(url, device_dir) as gateway,
        pytest.raises(GatewayTimeout, match=r"cron\.list"),
    ):
        gateway.call("cron.list", timeout=0.3)


def test_a_deadline_that_has_passed_leaves_no_time() -> None:
    with pytest.raises(TimeoutError):
        Deadline.after(-1).remaining()


def test_a_gateway_that_says_nothing_times_out(device_dir: Path) -> None:
    def talk(ws: ServerConnection) -> None:
        greet(ws)
        listen(ws)

    with (
        websocket_server(talk) as url,
        open_gateway(url, device_dir) as gateway,
        pytest.raises(GatewayTimeout),
    ):
        gateway.call("cron.list", timeout=0.1)


def test_a_host_that_takes_the_connection_and_says_nothing_times_out(device_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(GatewayTimeout):
        open_gateway(f"ws://127.0.0.1:{server.getsockname()[1]}", device_dir, timeout=0.2)


def test_a_connection_that_closes_in_the_middle_is_said(device_dir: Path) -> None:
    def talk(ws: ServerConnection) -> None:
        greet(ws)
        ws.recv()
        ws.close(1012, "service restart")

    with (
        websocket_server(talk) as url,
        open_gateway(url, device_dir) as gateway,
        pytest.raises(GatewayClosed) as caught,
    ):
        gateway.call("cron.update", {})

    assert ("service restart",) == caught.value.evidence


def test_an_answer_beyond_the_size_limit_is_not_read(
    device_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.openclaw.wire.MAX_ANSWER", 10_000)
    answers = {"cron.list": {"jobs": ["x" * 20_000]}}

    with (
        fake_gateway(MODERN, answers=answers) as fake,
        open_gateway(fake.url, device_dir) as gateway,
        pytest.raises(GatewayClosed),
    ):
        gateway.call("cron.list")


def test_a_request_beyond_the_size_limit_is_not_sent(device_dir: Path) -> None:
    with fake_gateway(MODERN) as fake, open_gateway(fake.url, device_dir) as gateway:
        with pytest.raises(UsageError):
            gateway.call("cron.list", {"x": "y" * 2_000_000})

        assert [] == fake.calls


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://127.0.0.1:1",
        "127.0.0.1:18789",
        "ws://",
        "ws://127.0.0.1:99999",
        "ws://me:canary@127.0.0.1:1",
        "ws://[",
    ],
)
def test_an_address_of_another_form_is_refused(url: str, device_dir: Path) -> None:
    with pytest.raises(UsageError, match="ws://host:port") as caught:
        open_gateway(url, device_dir)

    assert "canary" not in everything(caught.value)


@pytest.mark.parametrize("host", ["gateway.example", "192.0.2.7", "[2001:db8::1]", "127.0.0.1.example"])
def test_a_token_never_crosses_a_network_in_the_clear(host: str, device_dir: Path) -> None:
    with pytest.raises(UsageError, match="in the clear"):
        open_gateway(f"ws://{host}:18789", device_dir)


def test_a_gateway_without_tls_at_a_tls_address_is_unreachable(device_dir: Path) -> None:
    with fake_gateway(MODERN) as fake, pytest.raises(GatewayUnreachable, match="TLS"):
        open_gateway(fake.url.replace("ws:", "wss:"), device_dir)


def test_a_device_key_is_private_and_stays_the_same(device_dir: Path) -> None:
    first, second = load_device(device_dir), load_device(device_dir)

    assert first.id == second.id
    assert 0o600 == stat.S_IMODE((device_dir / "device.pem").stat().st_mode)
    assert 0o700 == stat.S_IMODE(device_dir.stat().st_mode)
    assert ["device.pem"] == [path.name for path in device_dir.iterdir()]


def test_two_processes_that_make_the_key_at_once_agree(device_dir: Path) -> None:
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(load_device(device_dir).id)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8 == len(ids)
    assert 1 == len(set(ids))


def test_a_device_key_that_others_may_read_is_refused(device_dir: Path) -> None:
    load_device(device_dir)
    (device_dir / "device.pem").chmod(0o640)

    with pytest.raises(ReconcilerError, match="open to others") as caught:
        load_device(device_dir)

    assert "chmod 600" in caught.value.hint


def test_a_damaged_device_key_is_refused(device_dir: Path) -> None:
    load_device(device_dir)
    (device_dir / "device.pem").write_text("nonsense")

    with pytest.raises(ReconcilerError, match="does not hold an Ed25519 key"):
        load_device(device_dir)


def test_a_link_in_the_place_of_the_device_key_is_refused(device_dir: Path, tmp_path: Path) -> None:
    load_device(device_dir)
    (device_dir / "device.pem").rename(tmp_path / "elsewhere.pem")
    (device_dir / "device.pem").symlink_to(tmp_path / "elsewhere.pem")

    with pytest.raises(ReconcilerError, match="cannot use the device key"):
        load_device(device_dir)


def greet(ws: ServerConnection, scopes: Collection[str] = (READ,)) -> None:
    challenge(ws)
    hello: dict[str, Any] = {"type": "hello-ok", "protocol": 4, "auth": {"scopes": list(scopes)}}
    answer(ws, json.loads(ws.recv()), ok=True, payload=hello)


def listen(ws: ServerConnection) -> None:
    for _ in ws:
        pass


def say_and_hang_up(server: socket.socket, words: bytes) -> None:
    peer, _ = server.accept()
    with peer:
        peer.recv(4096)
        peer.sendall(words)


def everything(error: ReconcilerError) -> str:
    assert isinstance(error, GatewayError | UsageError)
    return "\n".join((str(error), repr(error), error.hint, *error.evidence))
