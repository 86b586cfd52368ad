"""Promised against delivered: what is really in a compressed artifact, tensor by tensor.

Sparsity shows in the deflated bytes only, rounding in the raw ones; a share of int8 parameters says nothing about
time where the MACs stay in float. So all of them are counted from what lies on disk and from the graph that runs.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from baselines.classifier import Classifier
from baselines.models.cnn import CharCNNClassifier
from baselines.storage.artifact import MANIFEST
from compress.formats.packed import StoredTables, pack
from compress.formats.tensors import read_tensors
from compress.kinds.coverage import linear_coverage, onnx_coverage
from compress.kinds.int_linear import IntLinearClassifier
from compress.kinds.onnx_int8 import OnnxClassifier
from compress.kinds.table_classifiers import FloatTableClassifier, IntTableClassifier
from compress.kinds.torch_int8 import MODEL_FILE as TORCH_FILE
from compress.kinds.torch_int8 import TorchInt8Classifier

Arrays = dict[str, NDArray[Any]]
# The run folder's own record of a step is provenance, as the manifest is.
PROVENANCE = {MANIFEST, "step.json"}
# Delivered bytes may exceed promised ones by headers, alphabet and names; by more is worth a note.
ALLOWANCE_BYTES, ALLOWANCE_SHARE = 8192, 0.05


def audit(classifier: Classifier, receipt: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Count what an artifact holds; JSON types only.

    Args:
        classifier: the loaded artifact.
        receipt: `Receipt.to_json()` of the method that made it, {} for a baseline.
        folder: where the artifact lies.

    Returns:
        failed (why the method counts as failed, "" where it doesn't), promised (bytes, touched, sparsity), delivered
        (bytes, bytes_deflated, parameters, zeros, sparsity), tensors with dtype, shape, parameters, zeros, bytes and
        bytes_deflated each, int8 (ops, ops_total, parameter_share, mac_share), and notes as sentences.
    """
    tensors = tensor_rows(classifier, folder)
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name not in PROVENANCE]
    facts = receipt.get("facts", {})
    delivered = {
        "bytes": sum(p.stat().st_size for p in files),
        "bytes_deflated": sum(deflated(p.read_bytes()) for p in files),
        "parameters": sum(row["parameters"] for row in tensors),
        "zeros": sum(row["zeros"] for row in tensors),
        "sparsity": facts.get("sparsity"),
    }
    promised = {
        "bytes": receipt.get("bytes_promised"),
        "touched": receipt.get("touched"),
        "sparsity": facts.get("sparsity_asked"),
    }
    return {
        "failed": facts.get("failed", ""),
        "promised": promised,
        "delivered": delivered,
        "tensors": tensors,
        "int8": int8_share(classifier),
        "notes": [*receipt.get("notes", []), *_differences(promised, delivered)],
    }


def tensor_rows(classifier: Classifier, folder: Path) -> list[dict[str, Any]]:
    """One row a tensor, in the order of their names; empty for models without tensors of ours."""
    if isinstance(classifier, IntTableClassifier):
        return _packed_rows(classifier.stored)
    if isinstance(classifier, IntLinearClassifier):
        return _packed_linear_rows(classifier)
    return [_row(name, array, array.tobytes()) for name, array in sorted(_arrays(classifier, folder).items())]


def int8_share(classifier: Classifier) -> dict[str, Any]:
    """Operators, parameters and MACs in int8; all zero for a float model."""
    keys = ("ops", "ops_total", "parameter_share", "mac_share")
    if isinstance(classifier, OnnxClassifier):
        found = onnx_coverage(onnx.load_model_from_string(classifier.model))
    elif isinstance(classifier, TorchInt8Classifier):
        found = linear_coverage(classifier.module.shape)
    elif isinstance(classifier, IntTableClassifier):
        n_ops = len(classifier.tables.tables) + 1
        n_int = sum(values.size for values in classifier.stored.parts().values())
        n_float = classifier.tables.scale.size + classifier.tables.bias.size
        found = {"ops": n_ops, "ops_total": n_ops, "parameter_share": n_int / (n_int + n_float), "mac_share": 1.0}
    elif isinstance(classifier, IntLinearClassifier):
        # On disk only: they are floats again where they are multiplied.
        n_int, n_float = classifier.packed.levels.size, classifier.packed.scale.size + classifier.packed.intercept.size
        found = {"ops": 0, "ops_total": 1, "parameter_share": n_int / (n_int + n_float), "mac_share": 0.0}
    else:
        found = {"ops": 0, "ops_total": _float_ops(classifier), "parameter_share": 0.0, "mac_share": 0.0}
    return {key: found[key] for key in keys}


def deflated(data: bytes) -> int:
    """Bytes after deflate at its best level."""
    return len(zlib.compress(data, 9))


def _float_ops(classifier: Classifier) -> int:
    if isinstance(classifier, CharCNNClassifier):
        return len(classifier.module.convs) + 1 + (classifier.module.fc1 is not None)
    return len(classifier.tables.tables) + 1 if isinstance(classifier, FloatTableClassifier) else 0


def _arrays(classifier: Classifier, folder: Path) -> Arrays:
    if isinstance(classifier, CharCNNClassifier):
        return {name: t.detach().cpu().numpy() for name, t in classifier.module.state_dict().items()}
    if isinstance(classifier, FloatTableClassifier):
        tables = {f"table.{len(table)}": table for table in classifier.tables.tables}
        return {**tables, "head": classifier.tables.head, "bias": classifier.tables.bias}
    if isinstance(classifier, OnnxClassifier):
        graph = onnx.load_model_from_string(classifier.model).graph
        return {w.name: numpy_helper.to_array(w) for w in graph.initializer}
    if isinstance(classifier, TorchInt8Classifier):
        from safetensors.numpy import load_file

        return dict(load_file(folder / TORCH_FILE))
    found: Arrays = {}
    for path in sorted(folder.glob("*.safetensors")):
        found |= {f"{path.stem}.{name}": array for name, array in read_tensors(path)[0].items()}
    return found


def _packed_rows(stored: StoredTables) -> list[dict[str, Any]]:
    rows = [_row(name, values, pack(values)) for name, values in sorted(stored.parts().items())]
    floats = {"scale": stored.tables.scale, "bias": stored.tables.bias}
    return rows + [_row(name, array, array.tobytes()) for name, array in floats.items()]


def _packed_linear_rows(classifier: IntLinearClassifier) -> list[dict[str, Any]]:
    packed = classifier.packed
    floats = {"intercept": packed.intercept, "scale": packed.scale}
    rows = [_row("weights", packed.levels, pack(packed.levels))]
    return rows + [_row(name, array, array.tobytes()) for name, array in floats.items()]


def _row(name: str, array: NDArray[Any], data: bytes) -> dict[str, Any]:
    return {
        "name": name,
        "dtype": str(array.dtype),
        "shape": list(array.shape),
        "parameters": int(array.size),
        "zeros": int((array == 0).sum()) if np.issubdtype(array.dtype, np.number) else 0,
        "bytes": len(data),
        "bytes_deflated": min(len(data), deflated(data)),
    }


def _differences(promised: Mapping[str, Any], delivered: Mapping[str, Any]) -> list[str]:
    notes = []
    asked, got = promised["bytes"], delivered["bytes"]
    if asked and got > asked * (1 + ALLOWANCE_SHARE) + ALLOWANCE_BYTES:
        notes.append(f"promised {asked} bytes, delivered {got}")
    if promised["sparsity"] is not None and delivered["sparsity"] is not None:
        gap = abs(promised["sparsity"] - delivered["sparsity"])
        if gap > 0.01:
            notes.append(f"promised a sparsity of {promised['sparsity']:.3f}, delivered {delivered['sparsity']:.3f}")
    return notes
