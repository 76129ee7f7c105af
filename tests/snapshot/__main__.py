"""Rebuilds the shipped catalog; with --openclaw, --pi and --litellm it first reads those packages anew."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.snapshot.build import DATA, SHIPPED, build, write
from tests.snapshot.extract import extract
from tests.snapshot.extract import write as write_rows


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--openclaw", type=Path, help="folder of the installed npm package openclaw")
parser.add_argument("--pi", type=Path, help="folder of the installed npm package @mariozechner/pi-ai")
parser.add_argument("--litellm", type=Path, help="model_prices_and_context_window_backup.json of litellm")
given = parser.parse_args()
if given.openclaw and given.pi and given.litellm:
    write_rows(extract(pi=given.pi, openclaw=given.openclaw, litellm=given.litellm), DATA / "packages.json")
write(build(), SHIPPED)
