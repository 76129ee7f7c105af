from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from reconciler.errors import ReconcilerError


DEFAULT_PORTS = (
    11434,  # Ollama
    8080,  # mlx-lm, llama.cpp, LocalAI
    1234,  # LM Studio
    8000,  # vLLM, llama-cpp-python
    1337,  # Jan
    5000,  # text-generation-webui, TabbyAPI
    5001,  # KoboldCpp
    30000,  # SGLang
)
_LOOPBACK = ("127.0.0.1", "::1")
_OLLAMA_PORT = 11434
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """A base address to look at, without `/v1`, and the policy's providers that name it."""

    base: str
    providers: tuple[str, ...] = ()

    @property
    def loopback(self) -> bool:
        return is_loopback(urlsplit(self.base).hostname or "")


def targets(
    endpoints: Mapping[str, str] | None = None,
    *,
    also: Iterable[str] = (),
    ports: Iterable[int] = DEFAULT_PORTS,
) -> tuple[Target, ...]:
    """Return where to look: the default ports on both loopback addresses, then what is configured.

    *endpoints* are the policy's, by provider; *also* are further base URLs, of which only those on
    loopback are taken. `localhost` means both address families, since each may have its own program.

    Raises:
        ReconcilerError: an endpoint of the policy is no http or https address.
    """
    named: dict[str, tuple[str, ...]] = {
        base: () for port in ports for base in (f"http://{_bracketed(host)}:{port}" for host in _LOOPBACK)
    }
    for provider, endpoint in (endpoints or {}).items():
        for base in bases(endpoint, what=f"the endpoint of {provider}"):
            named[base] = (*named.get(base, ()), provider)
    for url in also:
        if is_loopback(_host(url)):
            named.update({base: () for base in bases(url, what="an address") if base not in named})
    return tuple(Target(base, providers) for base, providers in named.items())


def bases(endpoint: str, *, what: str) -> tuple[str, ...]:
    """Return the base addresses of a URL such as `http://localhost:1234/v1`.

    Raises:
        ReconcilerError: it is no http or https address; *what* names it.
    """
    parts = urlsplit(endpoint)
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in _PORTS or not parts.hostname or not port or parts.username or parts.password:
        raise ReconcilerError(
            f"{what} is no address of a server: {parts.scheme}://{parts.hostname or ''}",
            hint="write it such as http://127.0.0.1:1234/v1",
        )
    hosts = _LOOPBACK if parts.hostname in {"localhost", "ip6-localhost"} else (parts.hostname,)
    prefix = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return tuple(f"{parts.scheme}://{_bracketed(host)}:{port}{prefix}" for host in hosts)


def ollama_host(value: str) -> str | None:
    """Return the address that `OLLAMA_HOST` means to Ollama, None where it is empty or unreadable.

    Ollama reads `[scheme://]host[:port]`; an address that means all interfaces is reached on loopback.
    """
    text = value.strip().strip("\"'")
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "http", text
    if not rest or scheme not in _PORTS:
        return None
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        port = parts.port or (_PORTS[scheme] if found else _OLLAMA_PORT)
    except ValueError:
        return None
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", None: "127.0.0.1"}.get(parts.hostname, parts.hostname)  # noqa: S104
    return f"{scheme}://{_bracketed(str(host))}:{port}"


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
