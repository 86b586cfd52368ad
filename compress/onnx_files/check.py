"""Whether a graph may be opened: our inputs and outputs, and memory and work that are bounded before it runs.

The operators' rules are gone through with the largest batches that are ever run, and with some small ones. Sizes follow
from those of the batch alone, so what was added up is what a run takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from baselines.task import Task, add_up
from compress.onnx_files.graph import Graph, Node, Port
from compress.onnx_files.operators import apply
from compress.onnx_files.value import F32, I64, Value, constant

# Positions, padding included, that one run sees at most: what lies between its nodes stays in the cache.
MAX_POSITIONS = 1 << 11
# What a graph may take at most, and how much of that by the size of its file: a large model may take much, a small file
# may not. The graphs of a study take 80 MB in a run and 62 MB when they are opened (tables of pairs, from a file of 355
# kB), and a quarter of a multiplication for each byte and position (layers, 4.3 MB).
MAX_RUN_BYTES, RUN_EXPANSION = 512 << 20, 2_048
MAX_CONSTANT_BYTES, CONSTANT_EXPANSION = 512 << 20, 1_024
FREE_BYTES = 64 << 20
MAX_MACS, MACS_A_BYTE, FREE_MACS = 200_000_000_000, 16 * MAX_POSITIONS, 1_000_000_000
# A window of more characters isn't made: accumulators of the integer tables end there.
MAX_REACH = 258

_IDS, _LENGTHS = Port("ids", I64, ("batch", "length")), Port("lengths", I64, ("batch",))
_HALO = Port("halo", I64, (4,))


@dataclass(frozen=True)
class Bounds:
    """What is known of a graph that was checked.

    Attributes:
        n_classes: C.
        reach: places to either side that a position sees; 0 where a text can't be taken in stretches.
        in_stretches: whether a text can be.
        run_bytes: of all values that depend on texts, in the largest run.
        constant_bytes: of all values that don't, those of the file itself left out.
        macs: multiplications of the largest run.
    """

    n_classes: int
    reach: int
    in_stretches: bool
    run_bytes: int
    constant_bytes: int
    macs: int


def check_graph(graph: Graph, n_ids: int, n_bytes: int, task: Task, most_ids: int | None = None) -> Bounds:
    """Check what a graph does with every text of `n_ids` ids, before it is opened.

    Args:
        graph: as read.
        n_ids: ids that a text can hold.
        n_bytes: of the file.
        task: what the answers are for: a softmax over the classes for multiclass, else a logistic function of each.
        most_ids: ids of a text at most; None where it can be of any length, which needs a graph that takes stretches.

    Raises:
        ValueError: other inputs or outputs than ours, an id beyond a table, or too much memory or work.
    """
    n_classes, n_filters = _ports(graph)
    if most_ids is None and not n_filters:
        raise ValueError("a graph that takes long texts in stretches is needed, with the inputs halo and pooled_before")
    _check_link(graph, task)
    reach = _reach(graph) if n_filters else 0
    longest = MAX_POSITIONS + 2 * reach if most_ids is None else max(MAX_POSITIONS, most_ids)
    runs = [(1, longest, reach)] if n_filters else [(1, longest, 0)]
    runs += [(MAX_POSITIONS, 1, 0), (2, 3, 0), (1, 1, 0), (0, 1, 0)]
    found = [_run(graph, batch, length, halo, n_ids) for batch, length, halo in runs]
    for (batch, _, _), (made, _) in zip(runs, found, strict=True):
        expected = {"probabilities": (batch, n_classes), "pooled": (batch, n_filters)}
        for port in graph.outputs:
            if made[port.name].shape != expected[port.name] or made[port.name].dtype != F32:
                raise ValueError(f"output {port.name}: expected {expected[port.name]}, got {made[port.name].shape}")
    bounds = Bounds(
        n_classes,
        reach,
        bool(n_filters),
        max(sum(value.n_bytes for value in made.values() if value.of_text) for made, _ in found),
        _computed_once(graph, found[0][0]),
        max(macs for _, macs in found),
    )
    _check_bounds(bounds, n_bytes)
    return bounds


def _check_bounds(bounds: Bounds, n_bytes: int) -> None:
    most_once = min(MAX_CONSTANT_BYTES, FREE_BYTES + CONSTANT_EXPANSION * n_bytes)
    most_run = min(MAX_RUN_BYTES, FREE_BYTES + RUN_EXPANSION * n_bytes)
    most_macs = min(MAX_MACS, FREE_MACS + MACS_A_BYTE * n_bytes)
    for what, got, most in (
        ("bytes of memory when it is opened", bounds.constant_bytes, most_once),
        (f"bytes of memory for {MAX_POSITIONS} ids", bounds.run_bytes, most_run),
        (f"multiplications for {MAX_POSITIONS} ids", bounds.macs, most_macs),
    ):
        if got > most:
            raise ValueError(f"at most {most:,} {what} are allowed for {n_bytes:,} bytes of file, it takes {got:,}")


def _ports(graph: Graph) -> tuple[int, int]:
    """Number of classes, and of filters where a text can be taken in stretches, else 0."""
    names = [port.name for port in graph.outputs]
    if names not in (["probabilities"], ["probabilities", "pooled"]):
        raise ValueError(f"outputs probabilities, and pooled at most, are needed, got {', '.join(names) or 'none'}")
    found = [_columns(port) for port in graph.outputs]
    inputs = [_IDS, _LENGTHS]
    if len(found) > 1:
        inputs += [_HALO, Port("pooled_before", F32, (1, found[1]))]
    if list(graph.inputs) != inputs:
        got = ", ".join(f"{port.name} {port.dtype} {list(port.shape)}" for port in graph.inputs)
        expected = ", ".join(f"{port.name} {port.dtype} {list(port.shape)}" for port in inputs)
        raise ValueError(f"inputs {expected} are needed, got {got or 'none'}")
    shared = {port.name for port in graph.inputs} & set(graph.constants)
    if shared != {port.name for port in inputs[2:]}:
        raise ValueError("halo and pooled_before need values for when they are left out, ids and lengths none")
    for port in inputs[2:]:
        default = graph.constants[port.name]
        if default.dtype != port.dtype or default.shape != port.shape:
            raise ValueError(f"{port.name}: its value is {default.dtype} {default.shape}, expected {port.shape}")
    if len(found) > 1 and graph.constants["halo"].any():
        raise ValueError("halo: zeros are needed for when it is left out")
    return found[0], found[1] if len(found) > 1 else 0


def _columns(port: Port) -> int:
    if port.dtype != F32 or len(port.shape) != 2 or port.shape[0] != "batch" or not isinstance(port.shape[1], int):
        raise ValueError(f"output {port.name}: float32 (batch, number) is needed, got {port.dtype} {list(port.shape)}")
    if port.shape[1] < 1:
        raise ValueError(f"output {port.name}: at least one column is needed, got {port.shape[1]}")
    return port.shape[1]


def _check_link(graph: Graph, task: Task) -> None:
    """The answers come from the task's link, or for texts without anything known from a constant."""
    by_output = {name: node for node in graph.nodes for name in node.outputs}
    last: Node | None = by_output["probabilities"]
    if last is not None and last.operator == "Where":
        row = graph.constants.get(last.inputs[2]) if len(last.inputs) == 3 else None
        if row is None or row.dtype != F32 or row.shape[:1] != (1,) or not ((row >= 0) & (row <= 1)).all():
            raise ValueError("what is said of a text without anything known must be probabilities")
        if task == "multiclass" and not add_up(row):
            raise ValueError("what is said of a text without anything known must add up to 1 for task multiclass")
        last = by_output.get(last.inputs[1])
    link = "Softmax" if task == "multiclass" else "Sigmoid"
    if last is None or last.operator != link:
        raise ValueError(f"probabilities of task {task} must come from {link}")


def _reach(graph: Graph) -> int:
    """The widest window's places to one side: from the padding of convolutions and of the pairs' look-up."""
    found = [0]
    for node in graph.nodes:
        pads = node.attributes.get("pads")
        found += pads if isinstance(pads, tuple) else ()
        if node.operator == "Sub" and len(node.inputs) == 2 and node.inputs[1] == "halo":
            around = graph.constants.get(node.inputs[0])
            found += [] if around is None else [int(size) for size in around.ravel()[:MAX_REACH]]
    if not 0 <= min(found) <= max(found) <= MAX_REACH:
        raise ValueError(f"windows that see at most {MAX_REACH} ids to one side are allowed, got {max(found)}")
    return max(found)


def _run(graph: Graph, batch: int, length: int, halo: int, n_ids: int) -> tuple[Mapping[str, Value], int]:
    """Every value but the constants, and the multiplications, of one run."""
    values = {name: constant(array) for name, array in graph.constants.items()}
    values["ids"] = Value(I64, (batch, length), (0, n_ids - 1))
    values["lengths"] = Value(I64, (batch,), (0, length))
    if "halo" in values:
        values["halo"] = replace(constant(np.array([0, halo, 0, halo], np.int64)), of_text=True)
        values["pooled_before"] = replace(values["pooled_before"], of_text=True)
    made: dict[str, Value] = {}
    macs = 0
    for node in graph.nodes:
        outputs, own = apply(node, [values[name] for name in node.inputs])
        macs += own
        made.update(zip(node.outputs, outputs, strict=True))
        values.update(zip(node.outputs, outputs, strict=True))
        _check_sum(made.values() if len(made) % 64 == 0 else outputs)
    return made, macs


def _check_sum(values: Iterable[Value]) -> None:
    """Stop early where there is far too much, before numbers grow beyond reading."""
    if sum(value.n_bytes for value in values) > 1 << 50:
        raise ValueError("more memory than any machine has")


def _computed_once(graph: Graph, made: Mapping[str, Value]) -> int:
    return sum(value.n_bytes for value in made.values() if not value.of_text)
