"""Settings that come from a file: `--config` with fields by baseline or method, `--unlabelled` with texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.models.registry import BASELINES
from bench.making.variants import Variant
from compress.registry import METHODS, configured

Changes = Mapping[str, Mapping[str, Any]]


def read_changes(config: Path | Changes) -> Changes:
    """Settings by baseline or method, from a JSON file or as they are; raises DataError naming what isn't known."""
    where, content = "config", config
    if isinstance(config, Path):
        where = f"--config {config}"
        try:
            content = json.loads(config.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{where}: not a readable JSON file ({error})") from None
    if not isinstance(content, Mapping) or not all(isinstance(fields, Mapping) for fields in content.values()):
        raise DataError(f'{where}: expected an object of objects, such as {{"cnn": {{"epochs": 20}}}}')
    if unknown := sorted(set(content) - set(BASELINES) - set(METHODS)):
        known = ", ".join([*BASELINES, *METHODS])
        raise DataError(f"{where}: unknown {', '.join(unknown)}; allowed: {known}")
    return content


def baseline_changes(changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The part of `--config` that concerns baselines."""
    return {name: fields for name, fields in changes.items() if name in BASELINES}


def changed(variant: Variant, changes: Changes) -> Variant:
    """The variant with the settings that `--config` replaces for its method."""
    return replace(variant, config=configured(variant.method, changes.get(variant.method, {}), variant.config))


def read_unlabelled(path: Path) -> tuple[str, ...]:
    """Texts of a file, one a line; raises DataError when it can't be read or holds none."""
    try:
        texts = tuple(line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"--unlabelled {path}: can't be read as UTF-8 text, one a line ({error})") from None
    if not texts:
        raise DataError(f"--unlabelled {path}: holds no text; one text a line is expected")
    return texts
