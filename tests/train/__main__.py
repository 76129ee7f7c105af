"""Write the weights that the package brings: `make train`; the same labels give the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.labels import read_labels
from tests.train.model import SETTINGS, rows_of, train


DATA = Path(__file__).parents[2] / "reconciler" / "tasks" / "data"


def main() -> None:
    rows = rows_of(read_labels())
    trained = {profile: train(rows, profile) for profile in SETTINGS}
    documents = {profile: document for profile, (document, _grams) in trained.items()}
    text = json.dumps(documents, ensure_ascii=False, sort_keys=True, indent=1)
    (DATA / "weights.json").write_text(text + "\n", encoding="utf-8")
    table = ",\n".join(map(json.dumps, trained["interactive"][1]))
    (DATA / "grams.json").write_text(f"[\n{table}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
