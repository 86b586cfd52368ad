"""The real engines over small models of both integer forms: the same bits in all, or a reason why one is absent."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from baselines.task import Task
from bench.same_bits.compare import Found, Row, compare
from bench.same_bits.engines import ENGINES
from bench.same_bits.texts import Material
from tests.cases.elsewhere_case import ELSEWHERE, only_elsewhere
from tests.cases.same_case import KINDS, bundle_of, workshop_of

N = 2000
# What takes long is asked less; and what differs from others in how it is compiled alone is left to the command.
FEW = {"numpy": 100, "c-small": 500, "cortex-m3": 40, "cortex-m4f": 40}
LEFT = ("c-gcc-O0", "c-O3-native", "c-clang-O3-native", "s390x")
ON_BOARDS = ("cortex-m3", "cortex-m4f")
EMULATED = ("arm64", "armv7-neon", "kernel-arm64", "kernel-armv7", *ON_BOARDS)
TRIED = {name: make for name, make in ENGINES.items() if name not in LEFT and (ELSEWHERE or name not in EMULATED)}
DATA = ("my coat is good", "who found my coat?", "C++ code about my coat", "kod 😀 <b>café</b> STRASSE")


@pytest.fixture(scope="module")
def found_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Found]:
    """All engines of one kind, compared once."""

    @cache
    def found(kind: str) -> Found:
        folder: Path = tmp_path_factory.mktemp(kind)
        bundle = bundle_of(kind, folder)
        with workshop_of(bundle, folder, longest=300) as workshop:
            material = Material(workshop.reference.own, DATA)
            return compare(workshop, TRIED, material, n_texts=N, shares=FEW, chunk=1000)

    return found


def row_of(found: Found, name: str) -> Row:
    row = next(row for row in found.rows if row.engine == name)
    if row.state == "absent":
        pytest.skip(row.reason)
    assert (row.state, row.reason, row.differences) == ("equal", "", [])
    return row


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TRIED)
def test_every_bit_is_equal(name: str, kind: str, found_of: Callable[[str], Found]) -> None:
    row = row_of(found_of(kind), name)
    assert row.texts == FEW.get(name, N)
    assert row.differing == 0
    if row.refused:
        assert set(row.refused) <= {"not UTF-8", "too long"}
        assert sum(row.refused.values()) < row.texts / 4
    if name.startswith("c-"):
        assert set(row.refused) == {"not UTF-8", "too long"}


@only_elsewhere
@pytest.mark.parametrize("name", ON_BOARDS)
def test_boards_say_what_the_model_takes(name: str, found_of: Callable[[str], Found]) -> None:
    facts = row_of(found_of("tables"), name).facts
    assert 1_000 < facts["flash_bytes"] < 200_000
    assert 0 <= facts["ram_bytes"] < 100_000
    assert 256 < facts["stack_bytes"] <= facts["promised_stack_bytes"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", ["multiclass", "binary"])
def test_other_tasks_are_the_same(task: Task, kind: str, tmp_path: Path) -> None:
    bundle = bundle_of(kind, tmp_path, task)
    few = {name: ENGINES[name] for name in ("kernel:plain", "c-gcc", "node")}
    with workshop_of(bundle, tmp_path, longest=300) as workshop:
        found = compare(workshop, few, Material(workshop.reference.own, DATA), n_texts=600)
    assert not [row for row in found.rows if row.state not in ("equal", "absent")]
