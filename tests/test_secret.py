from __future__ import annotations

import copy
import pickle

import pytest

from reconciler.secret import Secret


CANARY = "canary-7f3a"


def test_only_reveal_gives_a_secret_away() -> None:
    secret = Secret(CANARY)

    assert CANARY == secret.reveal()
    assert not any(
        CANARY in text for text in (repr(secret), str(secret), f"{secret}", f"{secret!r}", repr([secret]))
    )


def test_a_secret_is_neither_pickled_nor_copied() -> None:
    with pytest.raises(TypeError, match="not to be pickled"):
        pickle.dumps(Secret(CANARY))
    with pytest.raises(TypeError, match="not to be pickled"):
        copy.copy(Secret(CANARY))


def test_an_empty_secret_is_none_at_all() -> None:
    assert not Secret("")
    assert Secret(CANARY)
