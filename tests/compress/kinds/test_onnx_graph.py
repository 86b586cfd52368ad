"""The graphs' last step says what `baselines.task.link` says, for every task."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.task import Task, link
from compress.kinds.onnx_graph import conv_model
from compress.onnx_files.session import open_graph
from compress.onnx_files.stretches import run_text
from tests.cases.compress_case import random_module
from tests.cases.task_case import ALL_TASKS


@pytest.mark.parametrize("task", ALL_TASKS)
def test_the_graph_links_as_the_task_does(task: Task) -> None:
    module = random_module(n_classes=1 if task == "binary" else 5)
    ids = np.arange(2, 12, dtype=np.uint8)
    with torch.no_grad():
        logits = module(torch.from_numpy(ids[None].astype(np.int64)), torch.tensor([len(ids)])).numpy()
    graph = open_graph(conv_model(module, task).SerializeToString(), 1, "graph", n_ids=module.shape.n_ids, task=task)
    found = run_text(graph, ids, lambda ids: True)
    assert np.allclose(found, link(logits, task), atol=1e-5)
    assert (task == "multiclass") == bool(np.isclose(found.sum(), 1, atol=1e-6))
