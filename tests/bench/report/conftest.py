"""The reports of one label a text and of yes and no, written once for all tests that read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.page_case import page_of
from tests.cases.report_tasks_case import binary_results, multiclass_results


@pytest.fixture(scope="session")
def task_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reports `many` (accuracy), `loss` (log loss) and `two` (yes and no)."""
    made = tmp_path_factory.mktemp("pages")
    runs = {"many": multiclass_results(), "loss": multiclass_results("log_loss"), "two": binary_results()}
    for name, results in runs.items():
        page_of(results, made / name)
    return made
