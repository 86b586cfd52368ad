"""Logits to probabilities and decisions in C: what a task, its thresholds and its link need."""

from __future__ import annotations

import numpy as np

from baselines.arithmetic.exponential import EXP_TERMS, HIGH, LOG2_E, LOG_TERMS, LOW
from baselines.errors import ArtifactError
from baselines.task import unknown_answer
from exports.targets.c.arrays import Data, Piece, defined, part, string
from exports.targets.source import Source

_SOFTMAX, _SHARES, _TREE = 1, 2, 3
_BY_CUTOFFS, _BY_THRESHOLDS, _BY_LARGEST = 0, 1, 2


def deciding(source: Source) -> Piece:
    """The piece of a file that turns logits into an answer; every form of model has it."""
    data = Data(source.bundle.folder)
    multiclass = source.space.task == "multiclass"
    named = {"task": int(multiclass), "logistic_shares": _SHARES, "tree": _TREE}
    defines = {"TP_LINK": named[source.link.name]}
    if source.cutoffs is not None:
        defines["TP_DECIDES"] = _BY_CUTOFFS
        data.add("tp_cutoffs", source.cutoffs)
    else:
        defines["TP_DECIDES"] = _BY_LARGEST if multiclass else _BY_THRESHOLDS
        data.add("tp_thresholds", source.thresholds.astype(np.float32))
    if source.unknown is not None:
        defines["TP_UNKNOWN"] = 1
        data.add("tp_unknown", unknown_answer(source.space, source.thresholds))
        data.add("tp_unknown_decided", source.unknown.astype(np.uint8))
    if source.link.name == "tree":
        _add_paths(source, data)
    numbers = {
        "EXP_TERMS": ", ".join(map(repr, EXP_TERMS)),
        "LOG_TERMS": ", ".join(map(repr, LOG_TERMS)),
        "LOG2_E": repr(LOG2_E),
        "HIGH": repr(HIGH),
        "LOW": repr(LOW),
    }
    names, name_bytes = _names(source)
    text = defined(defines) + data.source + names + part("answer.c", **numbers)
    return Piece({}, text, data.n_bytes + name_bytes, 0)


def _add_paths(source: Source, data: Data) -> None:
    paths = source.link.paths
    starts = np.cumsum([0, *map(len, paths)])
    # One step more, so that there is an array where no class has any.
    steps = [2 * node + turned for path in paths for node, turned in path] + [0]
    data.add("tp_path_starts", starts.astype(np.uint32))
    data.add("tp_path_steps", np.array(steps, np.uint32))


def _names(source: Source) -> tuple[str, int]:
    lines, n_bytes = [], 0
    for name in source.space.names:
        try:
            content = name.encode("utf-8")
        except UnicodeEncodeError:
            content = b"\0"
        if b"\0" in content:
            raise ArtifactError(
                f"{source.bundle.folder}: labels.json: names without zeros and lone surrogates are allowed in C, got "
                f"{name[:40]!r}; rename the class"
            )
        n_bytes += len(content) + 1
        lines.append(f"    {string(content)},")
    return "const char *const tp_names[] = {\n" + "\n".join(lines) + "\n};\n", n_bytes
