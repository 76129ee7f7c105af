from __future__ import annotations

import re

from tests.eval.picture import confusion_svg
from tests.eval.score import Judged
from tests.labels import Labelled


def judged(kind: str, given: str) -> Judged:
    return Judged(Labelled("1", "set", "owner", "en", kind, None, "low", ""), given, "low", 0)


def test_the_picture_shows_each_count_under_its_title() -> None:
    picture = confusion_svg({"Jobs": [judged("coding", "coding"), judged("coding", "simple")]})

    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    assert texts[:2] == ["Jobs", "2 prompts, 50.0% right"]
    assert 2 == texts.count("1")
    assert 14 == texts.count("0")
