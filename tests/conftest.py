"""Data every test may ask for: the embedded sample, a small part of it, and the real data where it is at hand."""

import os
from pathlib import Path

import pytest

from baselines.data.building import build_dataset
from baselines.data.data_options import DataOptions
from baselines.data.sources import load
from baselines.dataset import Dataset
from baselines.telemetry import switch_off

# For the tests that import onnxruntime themselves, and for every process that a test starts.
switch_off()

TINY_CLASSES = (
    "computer-vision",
    "generative-adversarial-networks",
    "graphs",
    "natural-language-processing",
    "reinforcement-learning",
    "time-series",
)
TINY_TEXTS = 120


@pytest.fixture(scope="session")
def sample() -> Dataset:
    """The embedded sample, split by seed 0."""
    return load()


@pytest.fixture(scope="session")
def tiny(sample: Dataset) -> Dataset:
    """120 texts of the sample with 6 of its classes: enough to train something within a second."""
    everything = sample.everything
    columns = [everything.classes.index(name) for name in TINY_CLASSES]
    rows = [i for i, labelled in enumerate(everything.labels[:, columns].any(axis=1)) if labelled][:TINY_TEXTS]
    tags = [[name for name, c in zip(TINY_CLASSES, columns, strict=True) if everything.labels[i, c]] for i in rows]
    return build_dataset(
        "tiny",
        [everything.texts[i] for i in rows],
        tags,
        DataOptions(),
        taxonomy=everything.taxonomy,
        licence=sample.licence,
        source="part of the sample",
    )


@pytest.fixture(scope="session")
def madewithml_dir() -> Path:
    """Folder with the published projects.json and tags.json; the test is skipped where there is none."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "madewithml"
    folder = Path(os.environ.get("TAGPRESS_DATA", beside))
    if not (folder / "projects.json").is_file() or not (folder / "tags.json").is_file():
        pytest.skip(
            f"{folder} holds no Made With ML data; set TAGPRESS_DATA to a folder with projects.json and tags.json"
        )
    return folder
