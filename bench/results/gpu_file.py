"""The file that `python -m bench.gpu_check` writes: what stands in it, and reading it again.

Top level, format version 1; seconds, joules and shares as in results.json:

- `format_version`, `created`, `seconds` taken, `most_seconds` allowed, `verified_on_hardware`, `git`
- `device`: `status` (`found` or `missing`), `reason`, `name`, `state` (driver, clocks), `energy_counter` (whether NVML
  gives joules)
- `cpu`: `model`, `cores`; `versions` by package; `model`: what was measured
- `parts`: one each, in order: `name`, `title`, `status` (`measured`, `skipped`, `left out` for want of time, `failed`),
  `reason`, `seconds`
- `rows`: as `runs` of results.json, of both devices, with `energy_j_per_document` where NVML counted it
- `parity`: by runtime: `max_difference` of probabilities from the CPU's, `allowed`, `n_texts`
- `training`: by device and form: `step_s` (as `latency_s`), `texts`, `characters`, `threads`, `loss`
- `overtakes`: by comparison the batch size from which on the GPU beats the CPU at the same size; null where it doesn't
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baselines.errors import MeasurementError
from baselines.inputs.json_files import read_json_file

FORMAT_VERSION = 1
STATUSES = ("measured", "skipped", "left out", "failed")
_LISTS = {
    "parts": ("name", "title", "status"),
    "rows": ("device", "runtime", "batch_size", "status"),
    "parity": ("runtime", "max_difference", "allowed", "n_texts"),
    "training": ("device", "form", "step_s", "texts"),
}
_OBJECTS = ("device", "cpu", "versions", "model", "overtakes")
_MOST_ENTRIES = 1000
_MOST_BYTES = 10_000_000

Json = dict[str, Any]


def read_gpu_file(path: Path) -> Json:
    """Read and check such a file; numbers that aren't finite are read as missing.

    Raises:
        MeasurementError: missing, not JSON, of another version, or without what has to be there; names the place.
    """
    how = "`python -m bench.gpu_check` writes it"
    content = read_json_file(path, expected=how, most=_MOST_BYTES, error=MeasurementError)
    if not isinstance(content, dict):
        raise MeasurementError(f"{path}: expected an object, got {type(content).__name__}; {how}")
    version = content.get("format_version")
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise MeasurementError(f"{path}: format_version {FORMAT_VERSION} is supported, got {version!r}; {how}")
    found: Json = _finite(content)
    _check(path, found)
    return found


def _check(path: Path, content: Json) -> None:
    for name in _OBJECTS:
        if not isinstance(content.get(name), dict):
            raise MeasurementError(f"{path}: {name}: expected an object, got {type(content.get(name)).__name__}")
    for name, fields in _LISTS.items():
        entries = content.get(name)
        if not isinstance(entries, list) or len(entries) > _MOST_ENTRIES:
            raise MeasurementError(f"{path}: {name}: expected a list of at most {_MOST_ENTRIES} entries")
        for number, entry in enumerate(entries):
            missing = [f for f in fields if f not in entry] if isinstance(entry, dict) else list(fields)
            if missing:
                raise MeasurementError(f"{path}: {name}[{number}]: lacks {', '.join(missing)}")
    _check_types(path, content)


def _check_types(path: Path, content: Json) -> None:
    """What is printed as a number is one, or missing."""
    for part in content["parts"]:
        if part["status"] not in STATUSES:
            raise MeasurementError(f"{path}: parts: status: allowed {', '.join(STATUSES)}; got {part['status']!r}")
    numbers: list[Any] = [content.get("seconds"), content.get("most_seconds"), content["cpu"].get("cores")]
    numbers += content["overtakes"].values()
    times = [row.get("latency_s") for row in content["rows"]] + [step["step_s"] for step in content["training"]]
    for row in content["rows"]:
        numbers += [row.get(name) for name in ("batch_size", "documents_per_s", "device_s", "energy_j_per_document")]
    for step in content["training"]:
        numbers += [step.get(name) for name in ("texts", "characters", "threads")]
    for entry in content["parity"]:
        numbers += [entry[name] for name in ("max_difference", "allowed", "n_texts")]
    for entry in times:
        if entry is not None and not isinstance(entry, dict):
            raise MeasurementError(f"{path}: latencies: expected objects, got {type(entry).__name__}")
        numbers += [(entry or {}).get(name) for name in ("p50", "mean", "n")]
    wrong = [n for n in numbers if n is not None and (isinstance(n, bool) or not isinstance(n, int | float) or n < 0)]
    if wrong:
        raise MeasurementError(f"{path}: expected numbers of at least 0, got {str(wrong[0])[:40]!r}")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value
