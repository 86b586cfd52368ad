"""Class numbers as the names that a file's metadata give them, in the form of the Hugging Face `datasets` library.

A feature is an object with `_type`: `ClassLabel` has `names`; `Sequence`, `List` and `LargeList` hold a `feature`. A
list of one feature, or an object of features without `_type`, are older ways to say a list and a struct.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.tables.lazy_columns import LazyColumns

NO_LABEL = -1


def features_in(metadata: Mapping[bytes, bytes] | None) -> dict[str, Any]:
    """The features in an Arrow schema's metadata; empty where there are none, or none that can be read."""
    try:
        content = json.loads((metadata or {}).get(b"huggingface", b"{}"))
        return features_of(content.get("info"))
    except (ValueError, AttributeError, RecursionError):
        return {}


def features_of(info: Any) -> dict[str, Any]:
    """The features in the content of a `dataset_info.json`."""
    features = info.get("features") if isinstance(info, dict) else None
    return features if isinstance(features, dict) else {}


def with_class_names(
    columns: Mapping[str, Sequence[Any]], features: Mapping[str, Any], path: Path, rows: Sequence[int]
) -> tuple[Mapping[str, Sequence[Any]], tuple[str, ...]]:
    """Columns with names in place of class numbers, and a note for each such column.

    -1, which stands for no label, becomes None, in a list it is left out. Values that are names already stay.

    Raises:
        DataError: a number that has no name; names row and column.
    """
    made = columns
    notes: list[str] = []
    for column, feature in features.items():
        names = _names_in(feature)
        if column not in made or names is None:
            continue
        change = partial(_named_all, feature=feature, path=path, rows=rows, column=column)
        made = made.changed(column, change) if isinstance(made, LazyColumns) else {**made, column: change(made[column])}
        shown = ", ".join(f"{i} = {name}" for i, name in enumerate(names[:3])) + (", …" if len(names) > 3 else "")
        notes.append(f"{path.name}: class numbers in {column!r} are read as the names in its metadata: {shown}")
    return made, tuple(notes)


def _named_all(values: Sequence[Any], *, feature: Any, path: Path, rows: Sequence[int], column: str) -> list[Any]:
    return [
        _named(value, feature, f"{path}: row {row}, column {column!r}") for row, value in zip(rows, values, strict=True)
    ]


def _names_in(feature: Any) -> list[str] | None:
    """Names of the first ClassLabel in a feature."""
    if isinstance(feature, list):
        return _names_in(feature[0]) if len(feature) == 1 else None
    if not isinstance(feature, dict):
        return None
    if feature.get("_type") == "ClassLabel":
        names = feature.get("names")
        return names if isinstance(names, list) and names and all(isinstance(name, str) for name in names) else None
    inner = [feature["feature"]] if "feature" in feature else list(feature.values())
    return next((names for item in inner if (names := _names_in(item)) is not None), None)


def _named(value: Any, feature: Any, where: str) -> Any:
    if value is None or _names_in(feature) is None:
        return value
    if isinstance(feature, list):
        feature = {"feature": feature[0]}
    if feature.get("_type") == "ClassLabel":
        return _name(value, feature["names"], where)
    if "feature" in feature and isinstance(value, list):
        found = [_named(item, feature["feature"], where) for item in value]
        return [item for item in found if item is not None]
    inner = feature.get("feature", feature)
    if isinstance(value, dict) and isinstance(inner, dict):
        return {key: _in_struct(item, inner.get(key), where, "feature" in feature) for key, item in value.items()}
    return value


def _in_struct(value: Any, feature: Any, where: str, of_lists: bool) -> Any:
    """A field of a struct; a sequence of structs is stored as a struct of lists."""
    if feature is None:
        return value
    return _named(value, [feature] if of_lists and isinstance(value, list) else feature, where)


def _name(value: Any, names: Sequence[str], where: str) -> Any:
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if value == NO_LABEL:
        return None
    if not 0 <= value < len(names):
        raise DataError(
            f"{where}: class number {value}, but the metadata name {len(names)} classes (0 to {len(names) - 1}); "
            "mend the number or the names in the metadata"
        )
    return names[value]
