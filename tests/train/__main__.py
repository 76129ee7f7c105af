"""Write the weights that the package brings: `make train`; the same labels give the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.labels import read_labels
from tests.train.model import SETTINGS, rows_of, train


WEIGHTS = Path(__file__).parents[2] / "reconciler" / "tasks" / "data" / "weights.json"


def main() -> None:
    rows = rows_of(read_labels())
    trained = {profile: train(rows, profile) for profile in SETTINGS}
    text = json.dumps(trained, ensure_ascii=False, sort_keys=True, indent=1)
    WEIGHTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
