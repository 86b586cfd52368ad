"""Answers as they are sent and compared: bit by bit, and nothing that is no answer is taken for one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.same_bits.answers import NOT_UTF8, OK, TOO_LONG, Answers, Broken, records


def answers(n: int = 4) -> Answers:
    rng = np.random.default_rng(0)
    status = np.zeros(n, np.int32)
    logits, probabilities = rng.normal(size=(n, 3)).astype(np.float32), rng.random((n, 2)).astype(np.float32)
    return Answers(status, logits, probabilities, probabilities > 0.5, np.array([True, False] * n)[:n])


def test_they_are_read_as_they_were_sent() -> None:
    sent = answers().refusing(np.array([OK, NOT_UTF8, OK, TOO_LONG], np.int32))
    again = Answers.of_bytes(sent.to_bytes(), 4, 3, 2)
    assert not sent.differing(again).any()
    assert again.status.tolist() == [0, -1, 0, -2]
    assert again.logits[2].tobytes() == sent.logits[2].tobytes()
    assert len(Answers.of_bytes(b"", 0, 3, 2)) == 0


def test_texts_are_sent_with_their_sizes() -> None:
    assert records(["é", "", "\ud800"]) == b"\2\0\0\0\xc3\xa9\0\0\0\0\3\0\0\0\xed\xa0\x80"


@pytest.mark.parametrize("cut", [1, 5, 23])
def test_fewer_bytes_are_no_answers(cut: int) -> None:
    with pytest.raises(Broken, match=r"answered 3 of 4 texts|take"):
        Answers.of_bytes(answers().to_bytes()[:-cut], 4, 3, 2)


def test_more_bytes_and_other_flags_are_no_answers() -> None:
    content = answers().to_bytes()
    with pytest.raises(Broken, match=r"sent 97 bytes for 4 texts, which take 96|sent"):
        Answers.of_bytes(content + b"\0", 4, 3, 2)
    with pytest.raises(Broken, match="must be 0 or 1"):
        Answers.of_bytes(content[:-1] + b"\2", 4, 3, 2)
    with pytest.raises(Broken, match="answered 4 of 5 texts"):
        Answers.of_bytes(content, 5, 3, 2)


@pytest.mark.parametrize("field", ["logits", "probabilities"])
def test_the_last_bit_and_the_sign_of_zero_count(field: str) -> None:
    mine = answers()
    values = getattr(mine, field).copy()
    values[1, 1] = np.nextafter(values[1, 1], np.float32(9), dtype=np.float32)
    other = replace(mine, **{field: values})
    assert mine.differing(other).tolist() == [False, True, False, False]
    assert mine.field_of(other, 1) == field
    zero, minus = (replace(mine, **{field: np.full_like(values, sign)}) for sign in (0.0, -0.0))
    assert zero.differing(minus).all()
    nan = replace(mine, **{field: np.full_like(values, np.nan)})
    assert not nan.differing(nan).any()


@pytest.mark.parametrize("field", ["decided", "known"])
def test_what_is_decided_and_known_counts(field: str) -> None:
    mine = answers()
    values = getattr(mine, field).copy()
    values[2] = ~values[2]
    other = replace(mine, **{field: values})
    assert mine.differing(other).tolist() == [False, False, True, False]
    assert mine.field_of(other, 2) == field


def test_of_refused_texts_nothing_but_the_refusal_counts() -> None:
    mine = answers().refusing(np.array([0, -1, 0, -2], np.int32))
    other = replace(mine, logits=mine.logits + np.array([[0], [1], [0], [1]], np.float32))
    assert not mine.differing(other).any()
    assert mine.differing(other.refusing(np.array([0, -2, 0, -2], np.int32))).tolist() == [False, True, False, False]
    assert mine.field_of(other.refusing(np.array([0, -2, 0, -2], np.int32)), 1) == "status"
    assert mine.first(2).status.tolist() == [0, -1]
