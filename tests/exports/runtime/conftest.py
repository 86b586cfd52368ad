"""Bundles of the same small classifier for the tests of the runtime."""

from __future__ import annotations

from pathlib import Path

import pytest

from exports.bundles.write_bundle import write_bundle
from tests.cases.bundle_case import copied
from tests.cases.table_case import int_classifier, lineage


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("t") / "bundle", "table")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("o") / "bundle", "onnx")


@pytest.fixture
def copy(table: Path, tmp_path: Path) -> Path:
    return copied(table, tmp_path / "copy")
