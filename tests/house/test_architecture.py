"""The house rules that a machine can check: imports flow one way, what is served stays light, names are safe."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("baselines", "compress", "exports", "bench", "tagpress")
# The user's command for the whole study hands over to the room that composes the stages; nothing else calls rightwards.
DOOR = ("compress/run.py", "bench")

LIGHT = (
    "baselines.errors",
    "baselines.text.tokenizer",
    "baselines.dataset",
    "baselines.classifier",
    "baselines.storage.artifact",
    "baselines.models.light_kinds",
    "compress.formats.tables",
    "tagpress",
)
HEAVY = ("torch", "sklearn", "onnx", "onnxruntime", "nltk", "scipy", "rich")

SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imported_rooms(path: Path) -> set[str]:
    """Rooms imported anywhere in a file, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: line {node.lineno}: relative imports hide the direction"
            found.add((node.module or "").split(".")[0])
    return found & set(ROOMS)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_flow_one_way(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    allowed = set(ROOMS[: ROOMS.index(name.split("/")[0]) + 1])
    if name == DOOR[0]:
        allowed.add(DOOR[1])
    assert imported_rooms(path) <= allowed


def test_the_door_is_used() -> None:
    assert DOOR[1] in imported_rooms(ROOT / DOOR[0])


@pytest.mark.parametrize("module", LIGHT)
def test_the_served_path_imports_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_module_shadows_another_when_run_as_a_script() -> None:
    shadowing = {"onnx.py", "random.py", "statistics.py", "profile.py", "types.py", "json.py", "torch.py"}
    vague = {"utils.py", "helpers.py", "base.py"}
    assert not [path for path in SOURCES if path.name in shadowing | vague]


def test_nothing_is_unpickled() -> None:
    forbidden = ("pickle.load", "joblib.load", "allow_pickle=True", "weights_only=False", "shell=True", "yaml.load(")
    hits = [
        f"{path.name}: {word}" for path in SOURCES for word in forbidden if word in path.read_text(encoding="utf-8")
    ]
    assert not hits
