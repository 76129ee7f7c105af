from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from reconciler.errors import ReconcilerError
from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.environment import SecretSource, host_environment
from reconciler.openclaw.home import DEV_PROFILE, Home
from reconciler.openclaw.roster import branch
from reconciler.secret import Secret


DEFAULT_PORT = 18789
DEV_PORT = 19001
TOKEN, PASSWORD = "OPENCLAW_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_PASSWORD"
URL = "OPENCLAW_GATEWAY_URL"
PRIVATE_WS = "OPENCLAW_ALLOW_INSECURE_PRIVATE_WS"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a host's gateway is reached; *source* says which setting the address came from."""

    url: str
    source: str
    token: Secret | None = None
    password: Secret | None = None
    tls_fingerprint: str | None = None


def find_gateway(config: JsonObject, environ: Mapping[str, str], home: Home) -> Endpoint:
    """Find the gateway that a bare `openclaw` would talk to, and the credentials it would use.

    `gateway.bind` plays no part: like OpenClaw's own commands, we call a gateway of this machine on 127.0.0.1.
    Credentials from a file never go to an address from the environment.

    Raises:
        ReconcilerError: the address is missing or unsafe, or a credential cannot be resolved.
    """
    known = host_environment(environ, home, config)
    gateway = branch(config, "gateway")
    remote = branch(gateway, "remote")
    named, remote_url = known.get(URL, "").strip(), remote.get("url")
    if named:
        return Endpoint(_safe(named, URL, known), URL, _given(known, TOKEN), _given(known, PASSWORD))
    credentials = _Credentials(SecretSource(known, home, config), gateway)
    if gateway.get("mode") == "remote":
        if not isinstance(remote_url, str) or not remote_url.strip():
            raise ReconcilerError(
                "gateway.mode is remote and gateway.remote.url is missing",
                hint=f"set gateway.remote.url in {home.config_path}, or the variable {URL}",
            )
        url, pin = _safe(remote_url.strip(), "gateway.remote.url", known), remote.get("tlsFingerprint")
        pinned = pin if isinstance(pin, str) else None
        return Endpoint(
            url, "gateway.remote.url", credentials.remote_token(), credentials.remote_password(), pinned
        )
    scheme = "wss" if branch(gateway, "tls").get("enabled") is True else "ws"
    url = f"{scheme}://127.0.0.1:{_port(gateway, known, home)}"
    token = credentials.local_token()
    return Endpoint(url, "this machine", token, credentials.local_password(token))


@dataclass(frozen=True, slots=True)
class _Credentials:
    """The order in which OpenClaw looks for credentials, the same in 2026.3.22 and 2026.9.6."""

    secrets: SecretSource
    gateway: JsonObject

    def local_token(self) -> Secret | None:
        if self._mode in {"password", "none", "trusted-proxy"}:
            return None
        return self._variable(TOKEN) or self._setting("auth", "token") or self._setting("remote", "token")

    def local_password(self, token: Secret | None) -> Secret | None:
        if self._mode in {"token", "none"} or (token and self._mode != "password"):
            return None
        found = self._variable(PASSWORD) or self._setting("auth", "password")
        return found or self._setting("remote", "password")

    def remote_token(self) -> Secret | None:
        return self._setting("remote", "token") or self._variable(TOKEN) or self._setting("auth", "token")

    def remote_password(self) -> Secret | None:
        found = self._variable(PASSWORD) or self._setting("remote", "password")
        return found or self._setting("auth", "password")

    @property
    def _mode(self) -> Json:
        return branch(self.gateway, "auth").get("mode")

    def _variable(self, name: str) -> Secret | None:
        return _given(self.secrets.environ, name)

    def _setting(self, section: str, key: str) -> Secret | None:
        value = branch(self.gateway, section).get(key)
        instead = TOKEN if key == "token" else PASSWORD
        return self.secrets.resolve(value, f"gateway.{section}.{key}", instead=instead)


def _given(environ: Mapping[str, str], name: str) -> Secret | None:
    value = environ.get(name, "").strip()
    return Secret(value) if value else None


def _port(gateway: JsonObject, environ: Mapping[str, str], home: Home) -> int:
    """Choose the port: the variable, the setting, else the one of the profile."""
    named = environ.get("OPENCLAW_GATEWAY_PORT", "").strip().rpartition(":")[2]  # `host:port` is accepted too
    if named.isascii() and named.isdigit() and 0 < int(named) <= 65535:  # noqa: PLR2004  the highest port
        return int(named)
    configured = gateway.get("port")
    if isinstance(configured, int) and not isinstance(configured, bool) and configured > 0:
        return configured
    if home.profile == DEV_PROFILE:
        return DEV_PORT
    return _profile_port(home.profile) if home.profile else DEFAULT_PORT


def _profile_port(profile: str) -> int:
    """Give each profile a port of its own, as 2026.9.6 does: FNV-1a over 20000 to 59999; earlier ones did not."""
    digest = 2166136261
    for byte in profile.encode():
        digest = (digest ^ byte) * 16777619 % 2**32
    return 20000 + digest % 40000


def _safe(url: str, source: str, environ: Mapping[str, str]) -> str:
    """Refuse an address that would send credentials in the clear; show no more of it than its host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = SplitResult("", "", "", "", ""), ""
    if not host or parts.scheme not in {"ws", "wss"}:
        raise ReconcilerError(
            f"{source} is not the address of a gateway", hint="write ws://127.0.0.1:18789 or wss://…"
        )
    private = environ.get(PRIVATE_WS) == "1" and _address(host, "is_private")
    if parts.scheme == "wss" or host == "localhost" or _address(host, "is_loopback") or private:
        return url
    raise ReconcilerError(
        f"{source} would send credentials unencrypted to {host}",
        hint=f"use wss://, an SSH tunnel to this machine, or on a trusted network {PRIVATE_WS}=1",
    )


def _address(host: str, quality: str) -> bool:
    try:
        return bool(getattr(ipaddress.ip_address(host), quality))
    except ValueError:
        return False
