"""Promised against delivered: what is really in a compressed artifact, tensor by tensor.

Sparsity shows in the deflated bytes only, rounding in the raw ones; a share of int8 parameters says nothing about
time where the MACs stay in float. So all of them are counted from what lies on disk and from the graph that runs.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from baselines.classifier import Classifier
from baselines.storage.artifact import MANIFEST
from compress.formats.packed import pack
from compress.formats.packed_linear import coded_parts
from compress.formats.tensors import read_tensors
from compress.kinds.coverage import linear_coverage, onnx_coverage
from compress.kinds.torch_int8 import MODEL_FILE as TORCH_FILE

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
    """One row a tensor; empty for models without tensors of ours."""
    return RULES[classifier.kind].rows(classifier, folder) if classifier.kind in RULES else _stored_rows(folder)


def int8_share(classifier: Classifier) -> dict[str, Any]:
    """Operators, parameters and MACs in int8; all zero for a float model."""
    found = RULES[classifier.kind].int8(classifier) if classifier.kind in RULES else _in_floats(0)
    return {key: found[key] for key in ("ops", "ops_total", "parameter_share", "mac_share")}


def deflated(data: bytes) -> int:
    """Bytes after deflate at its best level."""
    return len(zlib.compress(data, 9))


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


@dataclass(frozen=True)
class Rule:
    """How one kind is counted: its tensors as rows, and what of it is in int8."""

    rows: Callable[[Any, Path], list[dict[str, Any]]]
    int8: Callable[[Any], Mapping[str, Any]]


def _rows(arrays: Arrays) -> list[dict[str, Any]]:
    return [_row(name, array, array.tobytes()) for name, array in sorted(arrays.items())]


def _stored_rows(folder: Path) -> list[dict[str, Any]]:
    found: Arrays = {}
    for path in sorted(folder.glob("*.safetensors")):
        found |= {f"{path.stem}.{name}": array for name, array in read_tensors(path)[0].items()}
    return _rows(found)


def _cnn_rows(classifier: Any, folder: Path) -> list[dict[str, Any]]:
    return _rows({name: t.detach().cpu().numpy() for name, t in classifier.module.state_dict().items()})


def _float_table_rows(classifier: Any, folder: Path) -> list[dict[str, Any]]:
    tables = {f"table.{len(table)}": table for table in classifier.tables.tables}
    floors = {} if classifier.tables.floors is None else {"floors": classifier.tables.floors}
    return _rows({**tables, "head": classifier.tables.head, "bias": classifier.tables.bias, **floors})


def _graph_rows(classifier: Any, folder: Path) -> list[dict[str, Any]]:
    graph = onnx.load_model_from_string(classifier.model).graph
    inputs = {port.name for port in graph.input}
    return _rows({w.name: numpy_helper.to_array(w) for w in graph.initializer if w.name not in inputs})


def _torch_rows(classifier: Any, folder: Path) -> list[dict[str, Any]]:
    from safetensors.numpy import load_file

    return _rows(dict(load_file(folder / TORCH_FILE)))


def _int_table_rows(classifier: Any, folder: Path) -> list[dict[str, Any]]:
    stored = classifier.stored
    rows = [_row(name, values, pack(values)) for name, values in sorted(stored.parts().items())]
    floats = {"scale": stored.tables.scale, "bias": stored.tables.bias}
    return rows + [_row(name, array, array.tobytes()) for name, array in floats.items()]


def _int_linear_rows(classifier: Any, folder: Path) -> list[dict[str, Any]]:
    packed = classifier.packed
    floats = {"intercept": packed.intercept, "scale": packed.scale}
    # Coded together with what foretells them: so many of the file's bytes are theirs, and don't deflate.
    size = round(coded_parts(packed)["levels"])
    rows = [_row("weights", packed.levels, b"") | {"bytes": size, "bytes_deflated": size}]
    return rows + [_row(name, array, array.tobytes()) for name, array in floats.items()]


def _in_floats(n_ops: int) -> dict[str, Any]:
    return {"ops": 0, "ops_total": n_ops, "parameter_share": 0.0, "mac_share": 0.0}


def _int_table_share(classifier: Any) -> dict[str, Any]:
    n_ops = len(classifier.tables.tables) + 1
    n_int = sum(values.size for values in classifier.stored.parts().values())
    n_float = classifier.tables.scale.size + classifier.tables.bias.size
    return {"ops": n_ops, "ops_total": n_ops, "parameter_share": n_int / (n_int + n_float), "mac_share": 1.0}


def _int_linear_share(classifier: Any) -> dict[str, Any]:
    # On disk only: they are floats again where they are multiplied.
    n_int, n_float = classifier.packed.levels.size, classifier.packed.scale.size + classifier.packed.intercept.size
    return {"ops": 0, "ops_total": 1, "parameter_share": n_int / (n_int + n_float), "mac_share": 0.0}


def _cnn_ops(module: Any) -> int:
    return len(module.convs) + 1 + (module.fc1 is not None)


# Every kind that a method makes; a test holds this table against the registry. Others are read from their files.
RULES: dict[str, Rule] = {
    "cnn": Rule(_cnn_rows, lambda classifier: _in_floats(_cnn_ops(classifier.module))),
    "tables-float": Rule(_float_table_rows, lambda classifier: _in_floats(len(classifier.tables.tables) + 1)),
    "tables-int8": Rule(_int_table_rows, _int_table_share),
    "linear": Rule(lambda classifier, folder: _stored_rows(folder), lambda classifier: _in_floats(0)),
    "linear-int": Rule(_int_linear_rows, _int_linear_share),
    "linear-adopted": Rule(lambda classifier, folder: _stored_rows(folder), lambda classifier: _in_floats(0)),
    "onnx-int8": Rule(_graph_rows, lambda classifier: onnx_coverage(onnx.load_model_from_string(classifier.model))),
    "torch-int8": Rule(_torch_rows, lambda classifier: linear_coverage(classifier.module.shape)),
}
