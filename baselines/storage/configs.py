"""Configs from JSON: what a manifest or a `--config` file holds becomes the frozen dataclass it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from baselines.errors import ArtifactError

Config = TypeVar("Config")


def config_from_json(kind: type[Config], content: Mapping[str, Any]) -> Config:
    """Undo `dataclasses.asdict` and JSON; raises ArtifactError naming the field that doesn't fit."""
    try:
        return kind(**{name: with_tuples(value) for name, value in content.items()})
    except (TypeError, ValueError) as error:
        raise ArtifactError(f"config: {error}; was it written by another version?") from None


def with_tuples(value: Any) -> Any:
    """JSON lists as the tuples that configs hold."""
    return tuple(map(with_tuples, value)) if isinstance(value, list) else value
