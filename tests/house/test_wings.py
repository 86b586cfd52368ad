"""The house's plan as tests: which way imports flow, what stays light, and how large a room may grow."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from tests.cases.import_case import ROOMS, ROOT, circles, graph, imported, modules, reachable, wing_graph, wing_of

# The user's command for the whole study hands over to the room that composes the stages; nothing else calls rightwards.
DOOR = "compress.run"
# From the top of each room to its ground: a wing, or a module at the room's root, imports only what stands below it.
# Those in one line don't know each other.
ORDER = {
    "baselines": (
        ("train",),
        ("doctor",),
        ("fitting",),
        ("models",),
        ("networks",),
        ("streaming",),
        ("data", "storage"),
        ("labels", "splits"),
        ("scores", "watching"),
        ("classifier",),
        ("dataset", "tables"),
        ("columns",),
        ("task", "cluster"),
        ("text", "console", "cores", "notes", "folder_kind", "inputs", "escaping"),
        ("checked_reading", "telemetry", "whole_files", "arithmetic"),
        ("endings", "rights", "streams"),
        ("errors",),
    ),
    "compress": (
        ("run", "adopt"),
        ("search", "audit"),
        ("recipes", "teachers"),
        ("registry",),
        ("foreign",),
        ("methods",),
        ("method",),
        ("kinds",),
        ("formats", "onnx_files"),
        ("coding",),
    ),
    "exports": (
        ("run", "predict", "fuzz", "coded"),
        ("fuzzing", "targets"),
        ("bundles", "answering"),
        ("graphs", "runtime"),
        ("kernel",),
    ),
    "bench": (
        (
            "fold_study",
            "public_study",
            "compare",
            "score",
            "screenshot",
            "calibration",
            "gpu_check",
            "endurance",
            "conftest",
            "adoption",
            "lost_workers",
            "sameness",
            "scaling",
        ),
        (
            "study",
            "suite",
            "pipelines",
            "public",
            "scoring",
            "simulation",
            "accelerator",
            "stress",
            "same_bits",
            "growth",
        ),
        ("planning",),
        ("peers",),
        ("report",),
        ("verdict",),
        ("results",),
        ("making", "measure"),
        ("engine",),
        ("quality", "cost"),
        ("candidate",),
        ("numbers",),
    ),
    "tagpress": (
        ("__main__",),
        ("estimator",),
        ("commands", "studies", "adopting", "models", "scores", "storage"),
        ("data", "provenance"),
        ("arguments",),
    ),
}
# What is served, by folder: neither these modules nor anything they import may ever import the first packages; the
# others only where they are asked for: to stem, to write tensors, to open a graph.
LIGHT = (
    "baselines.text",
    "baselines.models.learned",
    "compress.coding",
    "compress.formats",
    "compress.onnx_files",
    "exports.runtime",
    "exports.kernel",
)
NEVER = ("torch", "sklearn", "onnx", "scipy", "rich", "skmultilearn", "transformers", "pandas")
ON_DEMAND = ("nltk", "safetensors", "onnxruntime")
# What judges and shows knows nothing of how a figure came about.
JUDGING = ("bench.results", "bench.verdict", "bench.report")
MAKING = ("bench.making", "bench.measure", "bench.quality", "bench.study", "bench.suite")
MOST_LINES, MOST_MODULES = 300, 15


def within(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_are_passed_one_way(room: str) -> None:
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    for module, targets in graph().items():
        if module.split(".")[0] == room and module != DOOR:
            assert {target.split(".")[0] for target in targets} <= allowed, module


def test_the_door_is_used() -> None:
    assert "bench" in {target.split(".")[0] for target in graph()[DOOR]}


def test_no_file_is_on_a_circle() -> None:
    assert circles(graph()) == []


def test_no_wing_is_on_a_circle() -> None:
    assert circles(wing_graph()) == []


def test_circles_are_found() -> None:
    edges = {name: frozenset(targets) for name, targets in {"a": "b", "b": "ca", "c": "d", "d": ""}.items()}
    assert circles(edges) == [("a", "b")]


@pytest.mark.parametrize("room", ROOMS)
def test_wings_keep_the_written_order(room: str) -> None:
    named = [name for names in ORDER[room] for name in names]
    assert len(named) == len(set(named)), "each has one place"
    level = {f"{room}.{name}": height for height, names in enumerate(ORDER[room]) for name in names}
    ours = {wing for wing in wing_graph() if wing.startswith(f"{room}.")}
    assert ours == set(level), "every wing, and every module at the root, has its place in ORDER"
    for wing in ours:
        for target in wing_graph()[wing] & ours:
            assert level[target] > level[wing], f"{wing} imports {target}, which doesn't stand below it"


@pytest.mark.parametrize("folder", LIGHT)
def test_what_is_served_imports_nothing_heavy_not_even_later(folder: str) -> None:
    for module in reachable((m for m in modules() if within(m, (folder,))), graph()):
        heavy = {name.split(".")[0] for name in imported(module)} & set(NEVER)
        assert not heavy, f"{module}, which {folder} imports, imports {', '.join(sorted(heavy))}"


def test_what_is_served_loads_nothing_heavy() -> None:
    served = [m for m in modules() if within(m, LIGHT)]
    assert len(served) >= 15
    heavy = (*NEVER, *ON_DEMAND)
    code = f"import sys, {', '.join(served)}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("wing", JUDGING)
def test_what_judges_never_imports_what_makes_or_measures(wing: str) -> None:
    found = reachable((m for m in modules() if within(m, (wing,))), graph())
    assert not [module for module in found if within(module, MAKING)]


def test_every_folder_says_what_lives_there() -> None:
    for module, path in modules().items():
        if path.name == "__init__.py":
            text = path.read_text(encoding="utf-8")
            assert text.startswith('"""'), f"{module}: its __init__.py opens with a sentence or two"
    folders = {path.parent for path in modules().values()}
    assert {folder for folder in folders if not (folder / "__init__.py").is_file()} == set()


def test_no_module_is_too_long_to_read() -> None:
    tests = sorted((ROOT / "tests").rglob("*.py"))
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in [*modules().values(), *tests]}
    assert not {path.relative_to(ROOT).as_posix(): n for path, n in lengths.items() if n > MOST_LINES}


def test_no_folder_is_too_full_to_find_something() -> None:
    counted = Counter(path.parent for path in modules().values() if path.name != "__init__.py")
    assert not {folder.relative_to(ROOT).as_posix(): n for folder, n in counted.items() if n > MOST_MODULES}


def test_wings_are_where_they_are_looked_for() -> None:
    assert wing_of("bench.report.sections.why") == "bench.report"
    assert wing_of("bench.candidate") == "bench.candidate"


def test_tests_are_laid_out_like_the_code() -> None:
    for path in (ROOT / "tests").rglob("test_*.py"):
        place = path.parent.relative_to(ROOT / "tests")
        assert place.parts, f"{path.name}: belongs to a room, or to the house"
        if place.parts[0] in ROOMS:
            assert (ROOT / place).is_dir(), f"{path.relative_to(ROOT)}: there is no {place.as_posix()} to test"
