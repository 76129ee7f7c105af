from __future__ import annotations

import re


_KNOWN = re.compile(
    r"""
      \b(sk|rk|pk)[-_][A-Za-z0-9_-]{16,}                # OpenAI, Anthropic, OpenRouter, DeepSeek, Stripe
    | \b(gh[opsur]|github_pat|glpat|hf|xox[abprs])[-_][A-Za-z0-9_-]{16,}
    | \bAIza[A-Za-z0-9_-]{30,}                          # Google API key
    | \bya29\.[A-Za-z0-9_-]{20,} | \bGOCSPX-[A-Za-z0-9_-]{20,}
    | \b(AKIA|ASIA)[A-Z0-9]{16}\b                       # AWS
    | \beyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,}       # JSON web token
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY
    | \b[Bb]earer\s+[A-Za-z0-9._~+/-]{16,}
    | [A-Za-z][A-Za-z0-9+.-]{0,30}://[^/\s?\#]*@            # user or password in a URL
    | [?&](api_?key|key|token|access_token|secret)=[^&\s]{8,}
    | \b([0-9a-f]{32,}|[0-9A-F]{32,})\b             # keys in hexadecimal digits
    """,
    re.VERBOSE,
)
_RUN = re.compile(r"[A-Za-z0-9]{24,}")


def looks_secret(text: str) -> bool:
    """Tell whether *text* holds what a key or token looks like; model names and paths do not."""
    return bool(_KNOWN.search(text)) or any(_random(run) for run in _RUN.findall(text))


def _random(run: str) -> bool:
    """Take a long run of small letters, capitals and several digits for chance, not for a name."""
    digits = sum(character.isdigit() for character in run)
    return digits >= 3 and run.upper() != run and run.lower() != run  # noqa: PLR2004
