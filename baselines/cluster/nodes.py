"""What each node of a cluster has: its Python, this package's version and sources, processors and memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from baselines.errors import ClusterError

# A node that starts its first worker imports Ray for it; a busy one takes its time.
_ASKED_S = 90.0


@dataclass(frozen=True)
class Node:
    """A machine of the cluster.

    Attributes:
        id: by which work can be sent to it.
        host: its name.
        cpus: processors that it offers.
        memory_bytes: that it offers to tasks.
    """

    id: str
    host: str
    cpus: float
    memory_bytes: float


def nodes_of(ray: ModuleType) -> list[Node]:
    """The nodes that are alive and offer processors."""
    found = []
    for each in ray.nodes():
        offered = each.get("Resources", {})
        if each.get("Alive") and offered.get("CPU", 0) > 0:
            name = str(each.get("NodeManagerHostname") or each.get("NodeManagerAddress"))
            found.append(Node(each["NodeID"], name, float(offered["CPU"]), float(offered.get("memory", 0))))
    return sorted(found, key=lambda node: (node.host, node.id))


def check_nodes(ray: ModuleType, engine: str) -> list[Node]:
    """The nodes, each of which has this Python and these sources.

    Raises:
        ClusterError: none offers a processor, or one has something else or nothing; names all that don't fit.
    """
    nodes = nodes_of(ray)
    if not nodes:
        raise ClusterError(f"--engine {engine}: no node of the cluster offers a processor; add one with `ray start`")
    ask = _question()
    ours, asked = ask(), {}
    for node in nodes:
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node.id, soft=False)
        # No processor is asked for: a node whose processors are all busy answers as well.
        asked[node] = ray.remote(ask).options(num_cpus=0, max_retries=1, scheduling_strategy=here).remote()
    unfit = []
    for node, answer in asked.items():
        try:
            theirs = ray.get(answer, timeout=_ASKED_S)
        except Exception as error:
            unfit.append(f"{node.host} didn't answer ({type(error).__name__})")
            continue
        if said := misfit(ours, theirs):
            unfit.append(f"{node.host} has {said}")
    if unfit:
        raise ClusterError(
            f"--engine {engine}: {'; '.join(unfit)}. All nodes need what this machine has: Python {ours['python']} and "
            f"tagpress {ours['version']}, from the same sources; install it there, then restart the node"
        )
    return nodes


def misfit(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """What a node has in place of what is needed; "" where it fits."""
    if theirs.get("python") != ours["python"]:
        return f"Python {theirs.get('python')}"
    if not theirs.get("version"):
        return "no tagpress"
    if theirs["version"] != ours["version"]:
        return f"tagpress {theirs['version']}"
    return "other sources of the same version" if theirs.get("sources") != ours["sources"] else ""


def _question() -> Callable[[], dict[str, str]]:
    """A function that travels as it is: where it runs this package may be missing or another one."""

    def answer() -> dict[str, str]:
        import hashlib
        import importlib.metadata
        import importlib.util
        import pathlib
        import sys

        digest, found = hashlib.sha256(), 0
        for name in ("baselines", "compress", "exports", "bench"):
            spec = importlib.util.find_spec(name)
            for place in list(spec.submodule_search_locations or ()) if spec is not None else ():
                for path in sorted(pathlib.Path(place).rglob("*.py")):
                    if not path.name.startswith("test_"):
                        digest.update(path.relative_to(place).as_posix().encode() + b"\0" + path.read_bytes())
                        found += 1
        try:
            version = importlib.metadata.version("tagpress")
        except importlib.metadata.PackageNotFoundError:
            version = "unknown"
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        return {"python": python, "version": version if found else "", "sources": digest.hexdigest()}

    return answer
