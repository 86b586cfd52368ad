"""Many texts in one buffer behave as a tuple of them, wherever they came from and whatever is taken of them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.columns.on_disk import open_texts, save_texts
from baselines.columns.texts import Texts, in_blocks, kept, taken
from baselines.data.building import build_dataset
from baselines.data.data_options import DataOptions
from baselines.dataset import Dataset
from baselines.errors import DataError

# Lone surrogates too: JSON can hold them.
ANY = st.lists(st.text(st.characters(exclude_categories=()), max_size=12), max_size=30)
AWKWARD = ("", "plain", "Straße", "\ud83d half", "😀", "a\x00b", " ", "日本")


@given(ANY)
def test_it_is_a_tuple_of_its_texts(texts: list[str]) -> None:
    found, wanted = Texts.of(texts), tuple(texts)
    assert (len(found), tuple(found), [found[i] for i in range(len(wanted))]) == (len(wanted), wanted, texts)
    assert found == wanted
    assert wanted == found
    assert hash(found) == hash(wanted)
    assert tuple(reversed(found)) == wanted[::-1]
    assert found.__add__(("more",)) == (*wanted, "more")
    assert found.__radd__(("more",)) == ("more", *wanted)


@given(ANY, st.data())
def test_slices_and_rows_are_those_of_a_tuple(texts: list[str], data: st.DataObject) -> None:
    found, wanted = Texts.of(texts), tuple(texts)
    at = data.draw(st.slices(len(texts)))
    assert tuple(found[at]) == wanted[at]
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=20)) if texts else []
    part = found.take(rows)
    assert tuple(part) == tuple(wanted[row] for row in rows) == taken(wanted, np.array(rows, np.intp))
    again = data.draw(st.slices(len(rows)))
    assert tuple(part[again]) == tuple(part)[again]
    assert pickle.loads(pickle.dumps(part)) == part == part.compact()


def test_blocks_with_and_without_ascii_give_the_same() -> None:
    texts = [f"text {i}" if i < 1_500 else f"Straße {i}" for i in range(2_300)]
    found = Texts.of(iter(texts))
    assert list(found) == texts
    assert list(found.take(range(0, 2_300, 2))) == texts[::2]
    assert [len(block) for block in in_blocks(found, 1_000)] == [1_000, 1_000, 300]


@pytest.mark.parametrize("at", [8, -9])
def test_an_index_beyond_the_end_is_refused(at: int) -> None:
    with pytest.raises(IndexError):
        Texts.of(AWKWARD)[at]


def test_rows_share_the_buffer_and_a_pickle_holds_no_other_texts() -> None:
    found = Texts.of(["secret"] * 999 + ["shown"])
    part = found[999:]
    assert part.nbytes > 5_000
    assert b"secret" not in pickle.dumps(part)
    assert part.compact().nbytes == len("shown") + 16


def test_few_texts_stay_a_tuple_and_many_take_a_few_bytes_each() -> None:
    assert type(kept(["a", "b"])) is tuple
    many = kept([f"{i:070}" for i in range(20_000)])
    assert isinstance(many, Texts)
    assert many.nbytes <= 79 * len(many)
    assert kept(many) is many


def test_a_file_of_texts_is_mapped_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "texts"
    save_texts(path, Texts.of(["left out", *AWKWARD])[1:])
    assert open_texts(path) == AWKWARD
    save_texts(path, Texts.of([]))
    assert open_texts(path) == ()
    content = path.read_bytes()
    for broken in (b"", content[:10], b"X" + content[1:], content + b"x", content[:8] + b"\xff" * 8 + content[16:]):
        path.write_bytes(broken)
        with pytest.raises(DataError, match="not a whole file of texts"):
            open_texts(path)
    with pytest.raises(DataError, match="not a whole file of texts"):
        open_texts(tmp_path / "none")


def _dataset() -> Dataset:
    texts = [f"{word} {i}" for i, word in enumerate(["apfel", "größe", "birne"] * 20)]
    return build_dataset("case", texts, [["a"], ["b"], ["a", "b"]] * 20, DataOptions())


def test_a_data_set_has_the_same_parts_and_hash_with_both_kinds() -> None:
    plain = _dataset()
    compact = replace(plain, everything=replace(plain.everything, texts=Texts.of(plain.everything.texts)))
    assert compact.sha256 == plain.sha256
    for name in ("train", "validation", "test"):
        assert isinstance(compact.part(name).texts, Texts)  # type: ignore[arg-type]
        assert compact.part(name).texts == plain.part(name).texts  # type: ignore[arg-type]


def test_the_hash_is_that_of_the_texts_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _dataset().sha256
    monkeypatch.setattr("baselines.dataset._HASHED", 7)
    assert _dataset().sha256 == whole
