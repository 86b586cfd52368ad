"""A data set on disk, whole and split, for another process or machine: arrays as safetensors, names as JSON.

It comes back with the same hash, so that what is made from it is what would have been made from the original.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import PARTS, Dataset, Mended, Origins, Part, Removed, Split, TaxonomyEntry
from baselines.errors import ArtifactError
from baselines.storage.artifact import read_json, write_json
from baselines.storage.weights import read_arrays, write_weights

_ARRAYS, _NAMES = "data.safetensors", "data.json"
_PLAIN = ("name", "licence", "source", "course_cleaning", "task_found", "positive_found", "keeps_copies")
Arrays = dict[str, NDArray[Any]]


def write_dataset(dataset: Dataset, folder: Path, unlabelled: Iterable[str] = ()) -> None:
    """Write the data set, and texts without labels beside it, into a folder that is there."""
    everything, origins, mended = dataset.everything, dataset.origins, dataset.mended
    arrays: Arrays = {
        **_of_texts("texts", everything.texts),
        **_of_texts("unlabelled", unlabelled),
        "labels": np.packbits(everything.labels),
        "times": np.asarray(dataset.times, np.float64),
        "groups": np.asarray(dataset.groups, np.int64),
        **{part: np.asarray(getattr(dataset.split, part), np.int64) for part in PARTS},
    }
    names: dict[str, Any] = {
        **{field: getattr(dataset, field) for field in _PLAIN},
        "sha256": dataset.sha256,
        "notes": list(dataset.notes),
        "classes": list(everything.classes),
        "taxonomy": [dataclasses.asdict(entry) for entry in everything.taxonomy],
        "task": everything.task,
        "negative": everything.negative,
        "metric": everything.metric,
        "removed": dataclasses.asdict(dataset.removed),
        "origins": None if origins is None else _named_origins(origins, arrays),
        "mended": None if mended is None else {"n_merged": mended.n_merged},
    }
    if mended is not None:
        arrays["mended-labels"] = np.packbits(mended.labels)
        arrays |= {f"mended-{part}": np.asarray(getattr(mended.split, part), np.int64) for part in PARTS}
        arrays |= {f"mended-{what}": np.asarray(getattr(mended, what), np.int64) for what in ("changed", "dropped")}
    write_weights(folder / _ARRAYS, arrays)
    write_json(folder / _NAMES, names)


def read_dataset(folder: Path) -> tuple[Dataset, tuple[str, ...]]:
    """The data set, and the texts without labels.

    Raises:
        ArtifactError: a file that is missing or damaged, or that holds other data than its hash says.
    """
    arrays, names = read_arrays(folder / _ARRAYS), dict(read_json(folder / _NAMES))
    try:
        dataset = _dataset(arrays, names)
        unlabelled = _texts("unlabelled", arrays)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ArtifactError(f"{folder}: no data set as it was written ({error!s:.200}); make it again") from None
    if dataset.sha256 != names["sha256"]:
        raise ArtifactError(f"{folder}: holds other data than its hash says; make it again")
    return dataset, unlabelled


def _dataset(arrays: Arrays, names: Mapping[str, Any]) -> Dataset:
    texts, classes = _texts("texts", arrays), tuple(names["classes"])
    taxonomy = tuple(
        TaxonomyEntry(entry["tag"], tuple(entry["aliases"]), tuple(entry["parents"])) for entry in names["taxonomy"]
    )

    def labels(name: str) -> NDArray[np.bool_]:
        shape = len(texts), len(classes)
        return np.unpackbits(arrays[name], count=shape[0] * shape[1]).reshape(shape).astype(bool)

    def split(before: str = "") -> Split:
        return Split(**{part: arrays[before + part].astype(np.intp) for part in PARTS})

    mended = None
    if names["mended"] is not None:
        changed, dropped = (tuple(arrays[f"mended-{what}"].tolist()) for what in ("changed", "dropped"))
        mended = Mended(labels("mended-labels"), split("mended-"), changed, dropped, int(names["mended"]["n_merged"]))
    return Dataset(
        everything=Part(texts, labels("labels"), classes, taxonomy, names["task"], names["negative"], names["metric"]),
        split=split(),
        notes=tuple(names["notes"]),
        origins=_origins(names["origins"], arrays),
        groups=tuple(arrays["groups"].tolist()),
        times=tuple(arrays["times"].tolist()),
        removed=Removed(**{field: tuple(rows) for field, rows in names["removed"].items()}),
        mended=mended,
        **{field: names[field] for field in _PLAIN},
    )


def _named_origins(origins: Origins, arrays: Arrays) -> dict[str, Any]:
    """Names of files once each: thousands of texts come from one."""
    files = sorted(set(origins.files))
    number = {name: position for position, name in enumerate(files)}
    arrays["origin-files"] = np.asarray([number[name] for name in origins.files], np.int64)
    arrays["origin-rows"] = np.asarray(origins.rows, np.int64)
    arrays |= _of_texts("origin-ids", origins.ids)
    return {"files": files}


def _origins(named: Mapping[str, Any] | None, arrays: Arrays) -> Origins | None:
    if named is None:
        return None
    files = tuple(named["files"][number] for number in arrays["origin-files"].tolist())
    return Origins(files, tuple(arrays["origin-rows"].tolist()), _texts("origin-ids", arrays))


def _of_texts(name: str, texts: Iterable[str]) -> Arrays:
    """One buffer, and where each text ends in it: a million strings in JSON would be read for seconds."""
    raw = [text.encode("utf-8", "surrogatepass") for text in texts]
    ends = np.cumsum([len(each) for each in raw], dtype=np.int64)
    return {name: np.frombuffer(b"".join(raw), np.uint8), f"{name}-ends": ends}


def _texts(name: str, arrays: Arrays) -> tuple[str, ...]:
    raw, ends = arrays[name].tobytes(), arrays[f"{name}-ends"].tolist()
    return tuple(raw[begin:end].decode("utf-8", "surrogatepass") for begin, end in zip([0, *ends], ends, strict=False))
