"""The audit counts what lies on disk, for every kind of artifact."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from baselines.classifier import Classifier
from baselines.storage.artifact import Lineage, save
from compress.audit import audit, int8_share, tensor_rows
from compress.kinds.table_classifiers import IntTableClassifier
from compress.methods.fold import FoldConfig
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.runtimes import WAYS
from compress.registry import METHODS
from tests.cases.compress_case import random_cnn, random_context

CASES = {
    "quantize tables": ("quantize", QuantizeConfig()),
    "quantize factors": ("quantize", QuantizeConfig("factors", bits=3)),
    "quantize dynamic": ("quantize", QuantizeConfig("dynamic", way=WAYS[0])),
    "quantize torch": ("quantize", QuantizeConfig("dynamic", way=WAYS[2])),
    "prune structured": ("prune", PruneConfig(0.5, epochs=0)),
    "prune unstructured": ("prune", PruneConfig(0.9, structured=False, epochs=0)),
    "fold": ("fold", FoldConfig()),
}


@pytest.fixture(params=list(CASES))
def audited(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Classifier, dict, Path]:
    method, config = CASES[request.param]
    parent = random_cnn(filters=((2, 20), (3, 20)), embedding_dim=16)
    child, receipt = METHODS[method].apply(parent, config, random_context())
    save(child, tmp_path, Lineage("m", "compress"))
    return request.param, child, audit(child, receipt.to_json(), tmp_path), tmp_path


def test_the_audit_counts_files_and_tensors(audited: tuple[str, Classifier, dict, Path]) -> None:
    name, _, found, folder = audited
    json.dumps(found, allow_nan=False)
    assert set(found) == {"failed", "promised", "delivered", "tensors", "int8", "notes"}
    files = [p for p in folder.iterdir() if p.name != "manifest.json"]
    assert found["delivered"]["bytes"] == sum(p.stat().st_size for p in files)
    assert found["delivered"]["parameters"] == sum(row["parameters"] for row in found["tensors"]) > 0
    assert all(np.prod(row["shape"], dtype=int) == row["parameters"] for row in found["tensors"])
    assert abs(found["promised"]["bytes"] - found["delivered"]["bytes"]) < 6000, name
    assert found["promised"]["touched"] > 0
    assert not any(note.startswith("promised") for note in found["notes"])


def test_sparsity_shows_in_the_deflated_bytes_only(audited: tuple[str, Classifier, dict, Path]) -> None:
    name, _, found, _ = audited
    delivered = found["delivered"]
    if name == "prune unstructured":
        assert delivered["sparsity"] == pytest.approx(found["promised"]["sparsity"], abs=1e-3)
        assert delivered["zeros"] / delivered["parameters"] > 0.6
        assert delivered["bytes_deflated"] < 0.6 * delivered["bytes"]
    elif name == "quantize tables":
        assert delivered["bytes_deflated"] > 0.7 * delivered["bytes"]


def test_int8_shares(audited: tuple[str, Classifier, dict, Path]) -> None:
    name, child, found, _ = audited
    assert found["int8"] == int8_share(child)
    shares = found["int8"]
    assert 0 <= shares["parameter_share"] <= 1
    if name.startswith("quantize"):
        assert shares["ops"] > 0
        assert (shares["mac_share"] > 0.9) == (name != "quantize torch")
    else:
        assert (shares["ops"], shares["mac_share"]) == (0, 0.0)


def test_broken_promises_are_noted(tmp_path: Path) -> None:
    child = random_cnn(filters=((3, 60),))
    save(child, tmp_path, Lineage("m", "compress"))
    receipt = {"bytes_promised": 10, "touched": 1, "notes": [], "facts": {"sparsity": 0.3, "sparsity_asked": 0.5}}
    notes = audit(child, receipt, tmp_path)["notes"]
    assert any("promised 10 bytes" in note for note in notes)
    assert any("sparsity of 0.500, delivered 0.300" in note for note in notes)


def test_packed_rows_name_what_is_stored() -> None:
    child, _ = METHODS["quantize"].apply(random_cnn(), QuantizeConfig("factors", bits=4), random_context())
    assert isinstance(child, IntTableClassifier)
    names = [row["name"] for row in tensor_rows(child, Path())]
    assert names == ["embedding", "filters.1", "filters.2", "filters.3", "filters.6", "head", "scale", "bias"]
