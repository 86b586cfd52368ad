"""What a folder is, by the files in it: for messages about a folder that is another kind than was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MOST_BYTES = 10_000_000


def folder_kind(place: Path) -> str:
    """A few words with an article, such as "a bundle (a classifier to ship)"; "" where nothing is recognised.

    Looks at the names of files, and into a manifest; never raises.
    """
    if not place.is_dir():
        return ""
    names = {path.name for path in place.iterdir()}
    if "run.json" in names:
        return "a run folder (of a study, with all its models)"
    if "step.json" in names:
        inside = next((name for name in ("bundle", "artifact") if (place / name / "manifest.json").is_file()), "")
        return f"a step of a run folder{f', give {place / inside}' if inside else ''}"
    if "manifest.json" in names:
        content = _read(place / "manifest.json")
        if "form" in content:
            return f"a bundle (a classifier to ship, form {content['form']})"
        if "kind" in content:
            return f"a saved classifier (kind {content['kind']})"
    if names & {"dataset_dict.json", "dataset_info.json", "state.json"}:
        return "a folder of the datasets library"
    if "config.json" in names and any(name.endswith((".safetensors", ".bin")) for name in names):
        return "a model of the transformers library"
    if "config.pbtxt" in names:
        return "a model for Triton"
    return "an empty folder" if not names else ""


def said_kind(place: Path) -> str:
    """`: it is …` for the end of a message; "" where nothing is recognised."""
    kind = folder_kind(place)
    return f"; it is {kind}" if kind else ""


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return {}
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
