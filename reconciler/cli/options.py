from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


Policies = Annotated[
    list[Path] | None,
    typer.Option(
        "--policy",
        "-p",
        metavar="PATH",
        help="A policy file or a directory of them; may be repeated. "
        "Without it: ./policies, then your configuration directory.",
    ),
]
FactsFile = Annotated[
    Path | None,
    typer.Option("--facts", metavar="FILE", help="Plan on recorded facts instead of the live host."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Agree beforehand, where nobody can answer.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show every candidate and every slot left alone.")
]
SafeOnly = Annotated[
    bool, typer.Option("--safe-only", help="Drop changes that this host cannot undo exactly.")
]
DetailedExitCode = Annotated[
    bool,
    typer.Option("--detailed-exitcode", help="Exit with 2 when there are changes, 0 when there are none."),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it to this file.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Assume that it were so: provider.NAME.used=95%, .limit, .resetsAt, .tier, .priority, "
        "or any key of the policy, such as safety.maxChanges=50; may be repeated.",
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without", metavar="PROVIDER", help="Assume that there were no such provider; may be repeated."
    ),
]
NoFetch = Annotated[bool, typer.Option("--no-fetch", help="Ask no provider; use what the ledger holds.")]
Account = Annotated[
    str, typer.Option("--account", metavar="NAME", help="One of several logins, by the policy's name for it.")
]
Window = Annotated[
    str, typer.Option("--window", metavar="NAME", help="One of several windows, such as weekly.")
]
