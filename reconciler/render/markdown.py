from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from reconciler.plan.model import Plan
from reconciler.plan.settings import setting_words
from reconciler.render.outlook import outlook_lines
from reconciler.render.text import choice_text
from reconciler.text import printable


_ACTIVE = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]<>()#+!|~&"})
_LINKING = re.compile(r"((?<!\w)@|\\#|:(?=//)|\bwww(?=\.))")
"""What GitHub makes a mention, a reference or a link of; an empty comment behind it keeps it a text."""


def plan_markdown(plan: Plan) -> str:
    """Return the plan as a comment for a pull request; text from outside cannot become markup."""
    head = [line.replace("`", "'") for line in outlook_lines(plan)]
    return _template().render(plan=plan, head=head, tripped=[belt for belt in plan.belts if belt.tripped])


def escaped(text: object) -> str:
    return _LINKING.sub(r"\1<!-- -->", printable(str(text), at_most=300).translate(_ACTIVE))


def code(text: object) -> str:
    """Return *text* as a code span."""
    return f"`{printable(str(text), at_most=300).replace('`', chr(39)).replace('|', chr(92) + '|')}`"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("reconciler.render"),
        autoescape=False,  # noqa: S701  markdown has its own escapes, which every value passes
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "escaped": escaped,
        "code": code,
        "choice": choice_text,
        "printable": printable,
        "words": setting_words,
    }
    return environment.get_template("plan.md.jinja")
