"""Rebuilds the shipped catalog; packages that are named are first read anew."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.snapshot.build import DATA, SHIPPED, build, write
from tests.snapshot.extract import extract, renewed
from tests.snapshot.extract import write as write_rows


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--openclaw", type=Path, help="folder of the installed npm package openclaw")
parser.add_argument("--early", type=Path, help="folder of an npm package openclaw of early 2026")
parser.add_argument("--pi", type=Path, help="folder of the installed npm package @mariozechner/pi-ai")
parser.add_argument("--litellm", type=Path, help="model_prices_and_context_window_backup.json of litellm")
given = parser.parse_args()
if found := extract(**vars(given)):
    packages = DATA / "packages.json"
    write_rows(renewed(found, json.loads(packages.read_text(encoding="utf-8"))), packages)
write(build(), SHIPPED)
