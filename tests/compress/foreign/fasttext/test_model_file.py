"""Files of every form are read as they were written; cut short, lying or of another kind, they are refused in words."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import ArtifactError, NotCompressible, UserError
from compress.foreign.fasttext import adopt_fasttext, read_fasttext
from tests.cases.fasttext_case import Small

FORMS = {
    "dense": Small(dim=2, buckets=3),
    "words alone": Small(maxn=0, word_ngrams=1, buckets=0),
    "coded": Small(coded=True, dim=5),
    "coded, norms": Small(coded=True, norms=True),
    "pruned": Small(coded=True, norms=True, kept=((6, 1), (2, 0))),
    "nothing kept": Small(coded=True, kept=()),
    "output coded": Small(coded=True, output_coded=True, norms=True, dim=4),
    "one part": Small(coded=True, width=3),
}


def damaged(content: bytes, tmp_path: Path) -> str:
    path = tmp_path / "damaged.bin"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        adopt_fasttext(path)
    assert str(path) in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", FORMS)
def test_what_was_written_is_read(name: str, tmp_path: Path) -> None:
    small = FORMS[name]
    with read_fasttext(small.write(tmp_path)) as model:
        np.testing.assert_allclose(model.input.read(0, model.input.shape[0]), small.input, rtol=1e-6)
        np.testing.assert_allclose(model.input.read(1, 3), small.input[1:3], rtol=1e-6)
        np.testing.assert_allclose(model.output, small.output, rtol=1e-6)
        assert model.dictionary.words == small.words
        assert (model.dictionary.labels, model.dictionary.counts) == (small.labels, small.counts)
        assert model.dictionary.kept == (None if small.kept is None else dict(small.kept))
        assert (model.settings.loss, model.settings.dim) == (small.loss, small.dim)


@pytest.mark.parametrize("name", FORMS)
def test_every_place_where_a_file_may_end_is_refused(name: str, tmp_path: Path) -> None:
    content = FORMS[name].content()
    # The centroids are long, and each of their bytes is like the next.
    places = range(len(content)) if len(content) < 400 else [*range(200, 300), *range(300, len(content), 97)]
    for end in places:
        damaged(content[:end], tmp_path)
    damaged(content + b"\0", tmp_path)


@pytest.mark.parametrize("version", [11, 12])
def test_models_of_version_11_read_no_characters(version: int, tmp_path: Path) -> None:
    with read_fasttext(Small(version=version).write(tmp_path)) as model:
        assert model.settings.subwords == ((2, 3) if version == 12 else None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": 13}, "version 13"),
        ({"dim": 0}, "dim"),
        ({"maxn": 100}, "maxn: up to 64"),
        ({"word_ngrams": 100}, "wordNgrams: up to 64"),
        ({"model": 9}, "model 3"),
        ({"words": (b"</s>", b"")}, "entry 1 is empty"),
        ({"words": (b"one", b"one")}, "twice"),
        ({"words": (b"__label__a",)}, "twice"),
        ({"counts": (5, -3, 2)}, "count from 0"),
        ({"kept": ((1, 0),)}, "pruned but not quantised"),
        ({"kept": ((1, 0), (1, 1)), "coded": True}, "twice"),
        ({"kept": ((9, 0),), "coded": True}, "buckets below 7"),
        ({"kept": ((1, 4),), "coded": True}, "rows below 1"),
        ({"words": (b"x" * 70_000,)}, "up to 65536 bytes"),
    ],
)
def test_what_no_training_makes_is_refused(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    assert said in damaged(Small().changed(**changes).content(), tmp_path)


@pytest.mark.parametrize("model", [1, 2])
def test_word_vectors_are_refused_with_a_way_out(model: int, tmp_path: Path) -> None:
    with pytest.raises(NotCompressible, match=r"word vectors.*fasttext supervised"):
        adopt_fasttext(Small(model=model).write(tmp_path))


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    content = Small().content()
    for place in (len(content) - 4, len(content) - 36 - 17 - 4):
        for value in (float("nan"), float("inf"), 3e38):
            assert "finite" in damaged(content[:place] + struct.pack("<f", value) + content[place + 4 :], tmp_path)


def test_sizes_beyond_the_file_take_no_memory(tmp_path: Path) -> None:
    content = Small(coded=True, norms=True, kept=((1, 0),)).content()
    tracemalloc.start()
    try:
        for place in range(8, 700, 4):
            for value in (-1, 1 << 24, (1 << 31) - 1):
                path = tmp_path / "lies.ftz"
                path.write_bytes(content[:place] + struct.pack("<i", value) + content[place + 4 :])
                try:
                    with read_fasttext(path):
                        pass
                except (ArtifactError, NotCompressible):
                    continue
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@given(place=st.integers(0, 700), new=st.binary(min_size=1, max_size=8), form=st.sampled_from(sorted(FORMS)))
@settings(max_examples=150, deadline=None)
def test_changed_bytes_are_read_or_refused(
    place: int, new: bytes, form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = FORMS[form].content()
    path = tmp_path_factory.getbasetemp() / "changed.bin"
    path.write_bytes(content[:place] + new + content[place + len(new) :])
    said, answers = str(path), np.zeros((2, 3), np.float32)
    try:
        answers = adopt_fasttext(path)[0].predict_proba(["one zwei€ three, four", ""])
    except UserError as error:
        said = str(error)
    assert said.startswith(str(path))
    assert bool(np.isfinite(answers).all())


@pytest.mark.parametrize("what", ["missing", "folder", "empty", "text"])
def test_what_is_no_model_is_named(what: str, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    if what == "folder":
        path.mkdir()
    elif what != "missing":
        path.write_bytes(b"" if what == "empty" else b"fastText is a library for text classification")
    with pytest.raises(ArtifactError, match=r"model\.bin"):
        adopt_fasttext(path)
