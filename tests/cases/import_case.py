"""The project's own imports as a graph: every module, and whatever it imports anywhere, also inside functions.

Imports under `TYPE_CHECKING` count: a circle that only a type checker walks is a circle for whoever reads the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("baselines", "compress", "exports", "bench", "tagpress")

Graph = Mapping[str, frozenset[str]]


@cache
def modules() -> dict[str, Path]:
    """Files of all rooms by dotted name; a package is the file that opens it."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imported(name: str) -> frozenset[str]:
    """Every name that a module imports, ours and others', as `package.module` or `package.module.attribute`."""
    found = set()
    path = modules()[name]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: line {node.lineno}: relative imports hide the direction"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


@cache
def graph() -> Graph:
    """Which of our modules imports which; `from package import name` counts for the module or for the package."""
    known = modules()

    def module_of(target: str) -> str | None:
        while target and target not in known:
            target = target.rpartition(".")[0]
        return target or None

    return {name: frozenset(m for t in imported(name) if (m := module_of(t))) - {name} for name in known}


def wing_of(module: str) -> str:
    """`room.wing` of a module, the module itself where it stands at its room's root."""
    parts = module.split(".")
    return ".".join(parts[:2]) if (ROOT / Path(*parts[:2])).is_dir() else module


@cache
def wing_graph() -> Graph:
    """The same graph with all modules of a wing as one; a wing's imports of itself are left out."""
    found: dict[str, set[str]] = {}
    for module, targets in graph().items():
        found.setdefault(wing_of(module), set()).update(wing_of(target) for target in targets)
    return {wing: frozenset(targets - {wing}) for wing, targets in found.items()}


def reachable(start: Iterable[str], edges: Graph) -> frozenset[str]:
    """The given nodes, and all that can be reached from them."""
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += edges[node]
    return frozenset(seen)


def circles(edges: Graph) -> list[tuple[str, ...]]:
    """The groups of nodes that can all reach each other; [] where there is no circle."""
    below = {node: reachable(edges[node], edges) for node in edges}
    on_a_circle = [node for node in edges if node in below[node]]
    groups = {
        tuple(sorted(other for other in on_a_circle if other in below[n] and n in below[other])) for n in on_a_circle
    }
    return sorted(groups)
