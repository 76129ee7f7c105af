from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from reconciler.errors import Refused
from reconciler.openclaw.live import LiveHost
from tests.openclaw.fake_cron import cron_gateway
from tests.openclaw.fake_gateway import MODERN, RefusedError
from tests.openclaw.homes import live_host


def written(host: LiveHost, config: Path, new: bytes, *, expected: bytes) -> None:
    host.write_file(config, new, expected_sha256=hashlib.sha256(expected).hexdigest())


def test_a_file_is_replaced_when_it_is_what_was_read(tmp_path: Path) -> None:
    with live_host(tmp_path) as host:
        file = host.read().source.files[0]

        written(host, file.path, b"{}\n", expected=file.data)

    assert b"{}\n" == file.path.read_bytes()


def test_a_file_that_somebody_changed_is_left_alone(tmp_path: Path) -> None:
    with live_host(tmp_path) as host:
        file = host.read().source.files[0]
        file.path.write_text("{ mine: 1 }")

        with pytest.raises(Refused, match="changed by somebody else"):
            written(host, file.path, b"{}\n", expected=file.data)

    assert "{ mine: 1 }" == file.path.read_text()


def test_what_openclaw_finds_invalid_is_not_written(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "openclaw"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho \'{"valid": false, "issues": []}\'\n')
    program.chmod(0o755)
    host = live_host(tmp_path, path=f"{program.parent}:/bin")
    file = host.read().source.files[0]

    with pytest.raises(Refused, match="OpenClaw finds the new configuration invalid"):
        written(host, file.path, b"{}\n", expected=file.data)

    assert file.data == file.path.read_bytes()


def test_what_the_gateway_finds_invalid_is_put_back(tmp_path: Path) -> None:
    invalid = {"valid": False, "issues": [{"path": "agents", "message": "no such key"}]}
    with cron_gateway(MODERN) as (gateway, _), live_host(tmp_path, gateway.url) as host:
        file = host.read().source.files[0]
        gateway.answers = {**gateway.answers, "config.get": invalid}

        with pytest.raises(Refused, match="the old one was put back") as caught:
            written(host, file.path, b"{}\n", expected=file.data)

    assert ("agents: no such key",) == caught.value.evidence
    assert file.data == file.path.read_bytes()


def test_a_gateway_that_does_not_say_whether_it_took_a_file_over_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    error = RefusedError({"code": "INTERNAL", "message": "cannot say"})
    with cron_gateway(MODERN) as (gateway, _), live_host(tmp_path, gateway.url, tell=told.append) as host:
        file = host.read().source.files[0]
        gateway.answers = {**gateway.answers, "config.get": error}

        written(host, file.path, b"{}\n", expected=file.data)

    assert b"{}\n" == file.path.read_bytes()
    assert [
        "whether the gateway took the configuration over is unknown: the gateway refused config.get: cannot say"
    ] == told
