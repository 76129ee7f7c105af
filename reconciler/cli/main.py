from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from reconciler import __version__
from reconciler.cli import (
    analyze,
    apply,
    audit,
    credentials,
    detect_local,
    diff,
    doctor,
    explain,
    facts,
    fetch,
    history,
    hold,
    mode,
    models,
    optimize,
    plan,
    predict,
    providers,
    reset,
    resume,
    rollback,
    set_usage,
    shift,
    show,
    status,
    validate,
)
from reconciler.cli.talk import explain as told
from reconciler.cli.talk import of_system
from reconciler.errors import Exit, ReconcilerError


app = typer.Typer(
    name="tactician",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
for module in (
    *(
        validate,
        facts,
        analyze,
        plan,
        show,
        diff,
        apply,
        optimize,
        shift,
        explain,
        rollback,
        history,
        mode,
        doctor,
    ),
    *(status, predict, providers, fetch, credentials, set_usage, reset, detect_local, hold, resume),
):
    app.command(module.__name__.rpartition(".")[2].replace("_", "-"))(module.command)
app.add_typer(models.command, name="models")
app.add_typer(audit.command, name="audit")


def _version(value: bool) -> None:  # noqa: FBT001  a callback of typer's
    if value:
        print(f"tactician {__version__}")
        raise typer.Exit


@app.callback()
def _tactician(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep the model assignment of an OpenClaw host what your policies say."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; nothing that a user or the world can cause raises."""
    try:
        code: int = app(args=arguments, prog_name="tactician", standalone_mode=False) or Exit.OK
    except ReconcilerError as error:
        print(told(error), file=sys.stderr)
        return error.exit_code
    except TyperException as error:  # a typo must not look like "changes present", which is 2
        print(_usage(error), file=sys.stderr)
        return Exit.USAGE
    except (Abort, KeyboardInterrupt):
        code = Exit.INTERRUPTED
    except BrokenPipeError:
        return Exit.ERROR
    except OSError as error:
        print(told(of_system(error)), file=sys.stderr)
        return Exit.ERROR
    if code == Exit.INTERRUPTED:  # which typer returns, too
        print("interrupted; `tactician history` tells what was written", file=sys.stderr)
    return code


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "tactician"
    message = error.format_message()
    if message.startswith("Usage:"):
        return message
    return f"error: {message}\n  → {command} --help"
