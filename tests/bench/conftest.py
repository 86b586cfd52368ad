"""A run with its reports, for the tests of what reads or shows one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.report.write_report import write_report
from bench.verdict.gates import parse_gate
from tests.cases.page_case import GATES
from tests.cases.run_case import write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with its reports written."""
    folder = write_run(tmp_path_factory.mktemp("run"))
    write_report(folder, gates=[parse_gate(text) for text in GATES])
    return folder
