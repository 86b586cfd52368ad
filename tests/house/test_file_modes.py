"""Every file we write is readable by whom the umask says: bundles of every form, artifacts, runs, downloads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from baselines.data.download import PinnedFile, fetch_pinned
from baselines.models.cnn import CharCNNClassifier
from baselines.networks.checkpoint import save_tensors
from baselines.storage import artifact
from baselines.storage.run_folder import RunFolder
from baselines.storage.weights import write_weights
from baselines.whole_files import write_whole
from bench.candidate import Candidate
from bench.quality.scoring import score_candidates
from compress.kinds.torch_int8 import TorchInt8Classifier
from exports.bundles.triton import write_repository
from exports.bundles.write_bundle import write_bundle
from tests.cases.forms_case import FORMS, classifier_of, random_cnn
from tests.cases.import_case import ROOMS, ROOT
from tests.cases.table_case import float_classifier, int_classifier, lineage
from tests.cases.task_case import task_data

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
# umask -> mode of files, of folders.
MODES = {0o022: (0o644, 0o755), 0o077: (0o600, 0o700), 0o002: (0o664, 0o775)}


@contextmanager
def masked(umask: int) -> Iterator[None]:
    before = os.umask(umask)
    try:
        yield
    finally:
        os.umask(before)


def assert_modes(folder: Path, umask: int) -> None:
    paths = [folder, *folder.rglob("*")]
    assert len(paths) > 1
    for path in paths:
        assert path.stat().st_mode & 0o777 == MODES[umask][path.is_dir()], path


@pytest.mark.parametrize("umask", MODES, ids=lambda umask: f"{umask:03o}")
@pytest.mark.parametrize("name", [name for name in FORMS if name != "table numpy"])
def test_bundles_and_artifacts_of_every_form(tmp_path: Path, name: str, umask: int) -> None:
    classifier = classifier_of(name, "multilabel")
    with masked(umask):
        write_bundle(classifier, lineage(), tmp_path / "made" / "bundle", FORMS[name][0])
        artifact.save(classifier, tmp_path / "made" / "artifact", lineage())
    assert_modes(tmp_path / "made", umask)


@pytest.mark.parametrize("umask", MODES, ids=lambda umask: f"{umask:03o}")
def test_what_has_no_bundle(tmp_path: Path, umask: int) -> None:
    cnn = random_cnn("multilabel")
    assert isinstance(cnn, CharCNNClassifier)
    with masked(umask):
        for number, classifier in enumerate((cnn, TorchInt8Classifier.from_cnn(cnn), float_classifier())):
            artifact.save(classifier, tmp_path / "made" / str(number), lineage())
        save_tensors(torch.nn.Linear(2, 3), tmp_path / "made" / "linear.safetensors")
        write_weights(tmp_path / "made" / "w.safetensors", {"w": np.zeros(3, np.float32)})
        (tmp_path / "source").write_bytes(b"content")
        sha256 = artifact.file_sha256(tmp_path / "source")
        fetch_pinned(PinnedFile("data.json", (tmp_path / "source").as_uri(), sha256), tmp_path / "made" / "cache")
    assert_modes(tmp_path / "made", umask)


@pytest.mark.parametrize("umask", [0o022, 0o077], ids=lambda umask: f"{umask:03o}")
def test_runs_and_repositories(tmp_path: Path, umask: int) -> None:
    with masked(umask):
        run = RunFolder.open(tmp_path / "made" / "run", dataset_sha256="0" * 64)
        bundle = write_bundle(int_classifier(), lineage(), tmp_path / "made" / "bundle", "onnx")
        with run.write("bench/scores", {}) as place:
            part = task_data("multilabel").part("test")
            score_candidates([Candidate("one", bundle, "onnxruntime", form="onnx")], part, place)
        write_repository(bundle, tmp_path / "made" / "repository", "model")
    assert_modes(tmp_path / "made", umask)


def test_an_older_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"older")
    path.chmod(0o600)
    with masked(0o022):
        write_whole(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o644)
    with pytest.raises(OSError, match="No such file"):
        write_whole(tmp_path / "missing" / "file", b"new")
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_nobody_writes_files_that_their_owner_alone_may_read() -> None:
    private = ("save_file", "mkstemp", "torch.save(", "NamedTemporaryFile")
    sources = {path: path.read_text(encoding="utf-8") for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    # Their docstrings say why.
    named = {"baselines/whole_files.py", "baselines/storage/weights.py"}
    found = {
        path.relative_to(ROOT).as_posix() for path, text in sources.items() if any(word in text for word in private)
    }
    assert found <= named, "write tensors by baselines.storage.weights or baselines.networks.checkpoint"
