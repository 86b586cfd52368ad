"""Copies of a bundle that are changed, signed again and refused, and a process where training packages are blocked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from baselines.errors import ArtifactError
from exports import runtime

ROOT = Path(__file__).resolve().parents[2]
BLOCKED = ("torch", "sklearn", "onnx", "nltk", "scipy", "safetensors", "rich", "skmultilearn", "transformers")


def blocked_process(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    block = (
        "import sys\n"
        f"for name in {BLOCKED!r}: sys.modules[name] = None\n"
        "from exports import runtime\n"
        f"predictor = runtime.load({str(folder)!r})\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", block + code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def change_manifest(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    content = json.loads((folder / "manifest.json").read_text())
    change(content)
    (folder / "manifest.json").write_text(json.dumps(content))


def sign_again(folder: Path, name: str) -> None:
    import hashlib

    data = (folder / name).read_bytes()
    facts = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    change_manifest(folder, lambda m: m["files"].update({name: facts}))  # type: ignore[attr-defined]


def copied(source: Path, target: Path) -> Path:
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target


def assert_refused(folder: Path, match: str) -> None:
    with pytest.raises(ArtifactError, match=match):
        runtime.load(folder)
