"""Settings that come from a file: `--config` with fields by baseline or method, `--unlabelled` with texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from baselines.errors import DataError, UserError
from baselines.inputs.json_files import read_json_file
from baselines.inputs.named_files import read_small
from baselines.models.registry import BASELINES
from bench.making.variants import Variant
from compress.methods.distill.distill_config import OF_CNN
from compress.registry import METHODS, configured

_SHAPE = 'expected an object of objects, such as {"cnn": {"epochs": 20}}'
# Texts without labels, one a line; all of them are kept in memory.
MOST_UNLABELLED = 1_000_000_000
Changes = Mapping[str, Mapping[str, Any]]


def read_changes(config: Path | Changes) -> Changes:
    """Settings by baseline or method, from a JSON file or as they are; raises DataError naming what isn't known."""
    where, content = "config", config
    if isinstance(config, Path):
        where = f"--config {config}"
        content = read_json_file(config, where, _SHAPE)
    if not isinstance(content, Mapping) or not all(isinstance(fields, Mapping) for fields in content.values()):
        raise DataError(f"{where}: {_SHAPE}")
    if unknown := sorted(set(content) - set(BASELINES) - set(METHODS)):
        known = ", ".join([*BASELINES, *METHODS])
        raise DataError(f"{where}: unknown {', '.join(unknown)}; allowed: {known}")
    check_settings(where, content)
    return content


def check_settings(where: str, changes: Changes) -> None:
    """Raise DataError for a field that its config doesn't have, or a value that it can't hold; before any training."""
    try:
        for name, fields in changes.items():
            if name in BASELINES:
                BASELINES[name].make(0, "cpu", 1, fields)
            else:
                configured(name, fields)
    except UserError as error:
        raise DataError(f"{where}: {error}") from None


def baseline_changes(changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The part of `--config` that concerns baselines."""
    return {name: fields for name, fields in changes.items() if name in BASELINES}


def changed(variant: Variant, changes: Changes) -> Variant:
    """The variant with the settings that `--config` replaces for its method; the shape of CNNs leaves others alone."""
    settings = changes.get(variant.method, {})
    if getattr(variant.config, "student", "") == "linear":
        settings = {name: value for name, value in settings.items() if name not in OF_CNN}
    return replace(variant, config=configured(variant.method, settings, variant.config))


def read_unlabelled(path: Path) -> tuple[str, ...]:
    """Texts of a file, one a line; raises DataError when it can't be read or holds none."""
    content = read_small(path, f"--unlabelled {path}", "expected UTF-8 text, one a line", most=MOST_UNLABELLED)
    texts = tuple(line for line in content.splitlines() if line.strip())
    if not texts:
        raise DataError(f"--unlabelled {path}: holds no text; one text a line is expected")
    return texts
