"""Opens ONNX files in onnxruntime, once they are read and found to be of our own kind."""

from __future__ import annotations

from dataclasses import dataclass

from baselines.errors import ArtifactError, MissingExtra
from baselines.escaping.visible import cut, one_line
from baselines.task import Task
from baselines.telemetry import import_onnxruntime
from compress.onnx_files.check import Bounds, check_graph
from compress.onnx_files.forked_session import ForkedSession
from compress.onnx_files.graph import Graph, read_graph

_MOST_SAID = 400


@dataclass(frozen=True)
class OpenGraph:
    """A graph that can run.

    Attributes:
        session: of onnxruntime, in this process and in those forked from it.
        bounds: what was found when it was checked.
        content: what was read.
    """

    session: ForkedSession
    bounds: Bounds
    content: Graph


def open_graph(
    model: bytes, threads: int, name: str, *, n_ids: int, task: Task, most_ids: int | None = None
) -> OpenGraph:
    """Read, check and open an ONNX file.

    Args:
        model: the file's bytes.
        threads: of onnxruntime, which don't spin; at least 1.
        name: of the file, for messages.
        n_ids: ids that a text can hold.
        task: what it answers.
        most_ids: as in `compress.onnx_files.check.check_graph`.

    Raises:
        ArtifactError: anything in it that our own graphs don't have; nothing of it was run then.
        MissingExtra: onnxruntime isn't installed.
    """
    try:
        content = read_graph(model)
        bounds = check_graph(content, n_ids, len(model), task, most_ids)
    except ValueError as error:
        raise ArtifactError(f"{name}: {_said(error)}; make it again with this version of tagpress") from None
    return OpenGraph(open_session(model, threads, name), bounds, content)


def open_session(model: bytes, threads: int, name: str) -> ForkedSession:
    """An onnxruntime session on the CPU with exactly `threads` threads that don't spin, of a graph that was checked.

    Raises:
        ArtifactError: onnxruntime refuses it.
        MissingExtra: onnxruntime isn't installed.
    """
    try:
        onnxruntime = import_onnxruntime()
    except ImportError:
        raise MissingExtra(f"{name}: needs onnxruntime; install it with: pip install 'tagpress[onnx]'") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Bytes that look like another format of onnxruntime's, which nobody checked, must not be read as that.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        return ForkedSession(lambda: onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]))
    except Exception as error:  # onnxruntime's exceptions have no common ancestor but this one
        raise ArtifactError(f"{name}: onnxruntime {onnxruntime.__version__} refuses it ({_said(error)})") from None


def _said(error: Exception) -> str:
    """A reason as part of one sentence: names in a graph may hold anything, and onnxruntime says whole pages."""
    return cut(one_line(str(error)), _MOST_SAID)
