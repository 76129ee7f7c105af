from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.errors import ReconcilerError
from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.bounded import read_bounded
from reconciler.openclaw.home import Home, expand
from reconciler.openclaw.pointer import get
from reconciler.openclaw.roster import branch
from reconciler.secret import Secret


LARGEST = 1_048_576  # bytes of a `.env` file that OpenClaw reads

# The grammar of the npm package dotenv, which reads these files for OpenClaw.
_LINE = re.compile(
    r"^[ \t]*(?:export[ \t]+)?([\w.-]+)(?:[ \t]*=[ \t]*|:[ \t]+)"
    r"('(?:\\'|[^'])*'|\"(?:\\\"|[^\"])*\"|`(?:\\`|[^`])*`|[^#\n]*)[ \t]*(?:#.*)?$",
    re.MULTILINE | re.ASCII,
)
_VARIABLE = re.compile(r"\$?\$\{([A-Z_][A-Z0-9_]*)\}")
_SHORTHAND = re.compile(r"\$([A-Z][A-Z0-9_]{0,127})")


def parse_dotenv(text: str) -> dict[str, str]:
    r"""Read `KEY=value` lines: quotes, `export`, comments; `\n` and `\r` are breaks in double quotes only."""
    found = {}
    for key, raw in _LINE.findall(text.replace("\r\n", "\n").replace("\r", "\n")):
        value = raw.strip()
        quote = value[0] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"`" else ""
        value = value[1:-1] if quote else value
        found[key] = value.replace("\\n", "\n").replace("\\r", "\r") if quote == '"' else value
    return found


def host_environment(environ: Mapping[str, str], home: Home, config: JsonObject) -> dict[str, str]:
    """Gather the variables as the gateway sees them; the first to name one wins.

    The order is that of OpenClaw: the process, the state directory's `.env`, the service's `gateway.env`, then
    what the configuration itself sets.
    """
    files = [home.state_dir / ".env"]
    if home.is_default_state:
        files.append(home.user_home / ".config" / "openclaw" / "gateway.env")
    section = branch(config, "env")
    set_there = {**section, **branch(section, "vars")}
    found = {key: value for key, value in set_there.items() if isinstance(value, str)}
    for path in reversed(files):
        found.update(parse_dotenv(read_bounded(path, LARGEST) or ""))
    return found | dict(environ)


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Resolves what stands where OpenClaw accepts a secret."""

    environ: Mapping[str, str] = field(repr=False)
    home: Home
    config: JsonObject = field(repr=False)

    def resolve(self, value: Json, where: str, *, instead: str) -> Secret | None:
        """Resolve a text, `${VAR}`, `$VAR` or `{source, id}`; None where nothing is written.

        *where* names the setting and *instead* the variable that may be set in its place, for the error.

        Raises:
            ReconcilerError: it refers to something that is not there, or that only OpenClaw itself can resolve.
        """
        if isinstance(value, Mapping):
            return self._reference(value, where, instead)
        if not isinstance(value, str) or not value.strip():
            return None
        shorthand = _SHORTHAND.fullmatch(value.strip())
        text = f"${{{shorthand[1]}}}" if shorthand else value.strip()
        return Secret(_VARIABLE.sub(lambda match: self._substitute(match, where, instead), text))

    def _substitute(self, match: re.Match[str], where: str, instead: str) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        return self._variable(match[1], where, instead)

    def _variable(self, name: str, where: str, instead: str) -> str:
        value = self.environ.get(name, "").strip()
        if not value:
            either = name if name == instead else f"{name}, or {instead},"
            raise ReconcilerError(
                f"{where} names the variable {name}, which is not set",
                hint=f"set {either} in the environment or in {self.home.state_dir / '.env'}",
            )
        return value

    def _reference(self, value: JsonObject, where: str, instead: str) -> Secret | None:
        source, key = value.get("source"), value.get("id")
        if source == "env" and isinstance(key, str):
            return Secret(self._variable(key, where, instead))
        if source == "file" and isinstance(key, str):
            return Secret(self._file(value, key, where, instead))
        raise ReconcilerError(
            f"{where} refers to a secret that only OpenClaw can resolve",
            evidence=(f"its source is {source if source in ('exec', 'store') else 'unknown'}",),
            hint=f"give the value in the variable {instead}",
        )

    def _file(self, value: JsonObject, key: str, where: str, instead: str) -> str:
        named = value.get("provider") or branch(self.config, "secrets", "defaults").get("file") or "default"
        provider = branch(self.config, "secrets", "providers", str(named))
        path = provider.get("path")
        text = read_bounded(expand(path, self.home.user_home), LARGEST) if isinstance(path, str) else None
        found = (
            _in_file(text, key, single=provider.get("mode") == "singleValue") if text is not None else None
        )
        if not found:
            raise ReconcilerError(
                f"{where} refers to a secret in a file that does not hold it",
                evidence=(f"secrets.providers.{named}",),
                hint=f"correct that provider, or give the value in the variable {instead}",
            )
        return found


def _in_file(text: str, key: str, *, single: bool) -> str | None:
    """Find a secret by its id: the whole file, or a JSON pointer into it."""
    if single:
        return text.strip() if key == "value" else None
    import json

    try:
        found = get(json.loads(text), key)
    except (KeyError, ValueError, RecursionError):
        return None
    return found if isinstance(found, str) else None
