"""A data set that travels: what comes back is what was written, or is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from baselines.dataset import Dataset, Mended, Origins
from baselines.errors import ArtifactError
from baselines.storage.dataset_files import read_dataset, write_dataset
from baselines.storage.weights import read_arrays, write_weights


def test_everything_comes_back(tmp_path: Path, tiny: Dataset) -> None:
    n = len(tiny.everything)
    files = tuple("a.csv" if row % 2 else "b.csv" for row in range(n))
    sent = dataclasses.replace(
        tiny,
        groups=tuple(range(n)),
        times=tuple(float(row) for row in range(n)),
        origins=Origins(files, tuple(range(n)), tuple(f"id {row}" for row in range(n))),
        mended=Mended(tiny.everything.labels, tiny.split, (1,), (2,), 3),
        notes=("a note",),
    )
    write_dataset(sent, tmp_path, ["one", "", "two\nlines", "\ud800"])
    got, unlabelled = read_dataset(tmp_path)
    assert unlabelled == ("one", "", "two\nlines", "\ud800")
    assert got.sha256 == sent.sha256
    for field in dataclasses.fields(Dataset):
        if field.name not in ("everything", "split", "mended"):
            assert getattr(got, field.name) == getattr(sent, field.name), field.name
    assert got.mended is not None
    assert (got.mended.changed, got.mended.dropped, got.mended.n_merged) == ((1,), (2,), 3)
    assert tuple(got.part("test").texts) == tuple(tiny.part("test").texts)


def test_other_data_than_the_hash_says_are_refused(tmp_path: Path, tiny: Dataset) -> None:
    write_dataset(tiny, tmp_path)
    arrays = read_arrays(tmp_path / "data.safetensors")
    arrays["labels"] = np.bitwise_not(arrays["labels"])
    write_weights(tmp_path / "data.safetensors", arrays)
    with pytest.raises(ArtifactError, match="other data than its hash says"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("name", ["texts-ends", "train", "labels"])
def test_what_is_missing_is_refused(name: str, tmp_path: Path, tiny: Dataset) -> None:
    write_dataset(tiny, tmp_path)
    arrays = read_arrays(tmp_path / "data.safetensors")
    del arrays[name]
    write_weights(tmp_path / "data.safetensors", arrays)
    with pytest.raises(ArtifactError, match="make it again"):
        read_dataset(tmp_path)
