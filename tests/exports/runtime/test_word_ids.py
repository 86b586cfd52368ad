"""A vocabulary of words is checked when it is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from baselines.errors import ArtifactError
from exports.runtime.word_ids import WordReader

_SOUND: dict[str, Any] = {"words": ["a", "b"], "max_tokens": 3, "cleaning": "words", "stem": False}


def test_words_get_the_ids_of_their_places() -> None:
    (ids,) = WordReader(_SOUND).encode_batch(["b x a a"])
    np.testing.assert_array_equal(ids, [3, 1, 2])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"words": {"a": 1}}, "a list of at most"),
        ({"words": ["a", 1]}, "a list of at most"),
        ({"words": ["a", "a"]}, "each may stand there once"),
        ({"max_tokens": True}, "max_tokens of 1 to 1048576 is needed, got True"),
        ({"max_tokens": 3.0}, "max_tokens of 1 to"),
        ({"max_tokens": 0}, "max_tokens of 1 to"),
        ({"max_tokens": 10**12}, "max_tokens of 1 to"),
        ({"x": 1}, "are allowed, got 'x'"),
        ({"cleaning": 5}, "cleaning"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArtifactError, match=rf"vocabulary\.json: .*{message}"):
        WordReader({**_SOUND, **changes})
    with pytest.raises(ArtifactError, match=r"vocabulary\.json"):
        WordReader([])
