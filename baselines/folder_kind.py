"""What a folder is, by the files in it: for messages about a folder that is another kind than was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from baselines.checked_reading import read_json_file, shown
from baselines.errors import ArtifactError

_MOST_BYTES = 10_000_000
_MOST_FILES = 10_000


def folder_kind(place: Path) -> str:
    """A few words with an article, such as "a bundle (a classifier to ship)"; "" where nothing is recognised.

    Looks at the names of files, and into a manifest; never raises.
    """
    try:
        names = {path.name for path in islice(place.iterdir(), _MOST_FILES)}
    except OSError:
        return ""
    if "run.json" in names:
        return "a run folder (of a study, with all its models)"
    if "step.json" in names:
        inside = next((name for name in ("bundle", "artifact") if (place / name / "manifest.json").is_file()), "")
        return f"a step of a run folder{f', give {place / inside}' if inside else ''}"
    if "manifest.json" in names:
        content = _read(place / "manifest.json")
        if "form" in content:
            return f"a bundle (a classifier to ship, form {shown(content['form'])})"
        if "kind" in content:
            return f"a saved classifier (kind {shown(content['kind'])})"
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
        content = read_json_file(path, _MOST_BYTES)
    except ArtifactError:
        return {}
    return content if isinstance(content, dict) else {}
