"""Probabilities and decisions in C have the bits of those in NumPy: for any logits, links, thresholds and tasks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from baselines.arithmetic import exponential
from baselines.task import LabelSpace, Link, Task, decide
from exports import kernel
from exports.kernel.deciding import decider_of, linked_by
from exports.kernel.extension import EXTENSION
from exports.targets.cutoffs import cutoffs_of

pytestmark = pytest.mark.skipif(not kernel.AVAILABLE, reason="the C extension was not built")
Float32 = NDArray[np.float32]
SPACES: dict[Task, LabelSpace] = {
    "multilabel": LabelSpace(tuple("abcdefg")),
    "binary": LabelSpace(("a",), "binary"),
    "multiclass": LabelSpace(tuple("abcdefg"), "multiclass"),
}
_BOTH = ((1, True), (0, True))
_PATHS = (
    ((0, False),),
    ((0, True), (1, False)),
    ((0, True), (1, True), (2, False)),
    ((2, True),) * 3,
    (),
    _BOTH,
    _BOTH,
)
TREE = Link("tree", _PATHS)
CASES = {
    "multilabel": (SPACES["multilabel"], Link()),
    "binary": (SPACES["binary"], Link()),
    "multiclass": (SPACES["multiclass"], Link()),
    "shares": (SPACES["multiclass"], Link("logistic_shares")),
    "tree": (SPACES["multiclass"], TREE),
}
EDGES = np.float32(
    [0.0, -0.0, np.inf, -np.inf, 1e-45, -1e-45, 3.4e38, -3.4e38, 1.0, -1.0, 200, -200, 199.99, 87.5, -103.9]
)


def _bits(values: NDArray[Any]) -> NDArray[Any]:
    return values.view(np.uint32 if values.dtype == np.float32 else np.uint64)


def _batches(n_columns: int, n_texts: int) -> Iterator[Float32]:
    """Usual logits, any bits that are no NaN, edges, and rows whose logits differ in their last bits."""
    rng = np.random.default_rng(n_columns)
    shape = (n_texts, n_columns)
    yield rng.normal(0, 4, shape).astype(np.float32)
    anything = rng.integers(0, 1 << 32, shape, np.uint32).view(np.float32)
    yield np.where(np.isnan(anything), np.float32(0), anything)
    yield rng.choice(EDGES, shape)
    near = np.repeat(rng.normal(0, 4, (n_texts, 1)).astype(np.float32), n_columns, axis=1)
    yield (near.view(np.int32) + rng.integers(-40, 40, shape, np.int32)).view(np.float32)


@pytest.mark.parametrize("case", CASES)
def test_probabilities_have_the_bits_of_numpy(case: str) -> None:
    space, link = CASES[case]
    linked, n_logits = linked_by(space, link), link.n_logits(len(space.classes))
    for logits in _batches(n_logits, 500_000 // n_logits):
        want = link(logits, space.task)
        np.testing.assert_array_equal(_bits(linked(logits.copy())), _bits(want))
    assert linked(np.empty((0, n_logits), np.float32)).shape == (0, len(space.classes))


def test_many_classes_need_no_stack() -> None:
    many = LabelSpace(tuple(map(str, range(5000))), "multiclass")
    logits = np.random.default_rng(0).normal(0, 3, (3, 5000)).astype(np.float32)
    np.testing.assert_array_equal(linked_by(many)(logits.copy()), Link()(logits, "multiclass"))


def test_every_logit_around_a_half_and_around_the_ends_has_the_bits_of_numpy() -> None:
    linked = linked_by(SPACES["binary"])
    for centre in (0.0, 1e-7, 16.6, -16.6, -87.3, -103.3, -200.0, 25.0, math.log(2) / 2):
        bits = int(np.float32(abs(centre)).view(np.uint32))
        around = np.arange(max(bits - 30_000, 0), bits + 30_000, dtype=np.uint32).view(np.float32)
        logits = np.copysign(around, np.float32(centre))[:, None]
        np.testing.assert_array_equal(_bits(linked(logits.copy())), _bits(Link()(logits, "binary")))


def test_exp_and_logarithm_have_the_bits_of_numpy() -> None:
    rng = np.random.default_rng(1)
    below = -np.concatenate(
        [rng.exponential(5, 200_000), rng.uniform(0, 210, 200_000), [0.0, 200.0, 201.0, np.inf, 5e-324]]
    )
    shares = np.concatenate([rng.random(200_000), rng.exponential(1e-9, 1000), [0.0, 1.0, 5e-324]])
    for values, want_log, numpy in ((below, False, exponential.exp), (shares, True, exponential.log1p)):
        ours = values.copy()
        EXTENSION.exp_log1p(ours, want_log)
        np.testing.assert_array_equal(_bits(ours), _bits(numpy(values)))
    with pytest.raises(ValueError, match="float64"):
        EXTENSION.exp_log1p(np.zeros(3, np.uint8), True)


def _decided(space: LabelSpace, link: Link, thresholds: Float32, logits: Float32) -> NDArray[np.bool_]:
    out = np.empty((len(logits), len(space.classes)), np.bool_)
    EXTENSION.decide(decider_of(space, thresholds, link), logits, out)
    return out


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("limit", [0.0, 0.15, 0.5, 1.0, -1.0, 1.5, math.nan, "as they come"])
def test_decisions_are_those_by_probabilities(case: str, limit: float | str) -> None:
    space, link = CASES[case]
    n_classes, n_logits = len(space.classes), link.n_logits(len(space.classes))
    for logits in _batches(n_logits, 20_000 // n_logits):
        found = link(logits, space.task)
        # Thresholds that some text reaches exactly.
        thresholds = (
            found.max(axis=1)[:n_classes].copy() if isinstance(limit, str) else np.full(n_classes, limit, np.float32)
        )
        want = decide(found, thresholds, space.task)
        np.testing.assert_array_equal(_decided(space, link, thresholds, logits), want)


@pytest.mark.parametrize("threshold", [0.5, 0.3, 0.05, 0.999, 1 - 2**-24, 1e-30])
def test_every_logit_around_a_cutoff_is_decided_as_its_probability(threshold: float) -> None:
    thresholds = np.float32([threshold])
    cutoff = cutoffs_of(thresholds)[0]
    steps = np.arange(-20_000, 20_000, dtype=np.int32)
    logits = (cutoff.view(np.int32) + steps).view(np.float32)[:, None]
    logits = logits[~np.isnan(logits)][:, None]
    want = Link()(logits, "binary") >= thresholds
    assert want.any()
    assert not want.all()
    np.testing.assert_array_equal(_decided(SPACES["binary"], Link(), thresholds, logits), want)


def test_classes_of_equal_probability_leave_it_to_the_first() -> None:
    """Logits that differ in the last bits may have the same probability."""
    space = LabelSpace(("a", "b"), "multiclass")
    logits = np.float32([[0.1, np.nextafter(np.float32(0.1), np.float32(1))]])
    assert Link()(logits, "multiclass")[0, 0] == Link()(logits, "multiclass")[0, 1]
    assert _decided(space, Link(), space.thresholds(), logits).tolist() == [[True, False]]


def test_hostile_links_are_refused() -> None:
    none, one = np.zeros(0, np.uint32), np.ones(1, np.uint32)
    for wrong in (
        (4, 1, 1, none, none),
        (-1, 1, 1, none, none),
        (0, 0, 0, none, none),
        (1, 2, 3, none, none),
        (1, 2, 2, none, one),
        (0, 1, 1, one, one),
        (3, 1, 1, one, none),
        (3, 1, 1, none, none),
        (3, 1, 0, one, one),
        (3, 1, 1, one, one + 2),
        (3, 2, 1, np.uint32([1, 0]), one),
        (3, 1, 1, one, np.ones(2, np.uint32)),
        (3, 1, 1, b"123", one),
    ):
        with pytest.raises(ValueError, match="link"):
            EXTENSION.linker(*wrong)


def test_arrays_that_do_not_fit_are_refused() -> None:
    linker, tree = (
        EXTENSION.linker(1, 2, 2, b"", b""),
        EXTENSION.linker(3, 1, 2, np.ones(1, np.uint32), np.ones(1, np.uint32)),
    )
    logits, out = np.zeros((3, 2), np.float32), np.zeros((3, 1), np.float32)
    for model, given, wanted in (
        (linker, logits, logits[:2]),
        (linker, logits[:, :1].copy(), logits),
        (tree, out[:2], out[:1]),
    ):
        if model is tree:
            given = wanted = np.zeros(2, np.float32)
        with pytest.raises(ValueError, match="aligned float32"):
            EXTENSION.link(model, given, wanted)
    with pytest.raises(ValueError, match="PyCapsule"):
        EXTENSION.link(object(), logits, logits)
    with pytest.raises(TypeError, match="are needed"):
        EXTENSION.link(linker, logits)
    with pytest.raises(BufferError):
        EXTENSION.link(linker, logits, bytes(24))
    decider = decider_of(LabelSpace(("a", "b")), np.float32([0.5, 0.5]))
    for wrong, room in ((logits[:2], bytearray(6)), (logits, bytearray(5))):
        with pytest.raises(ValueError, match="decide"):
            EXTENSION.decide(decider, wrong, room)


def test_one_text_takes_a_microsecond_or_two() -> None:
    """Beside NumPy, in one process: a busy machine slows both."""
    from timeit import repeat

    space = LabelSpace(tuple(map(str, range(36))))
    linked, logits = linked_by(space), np.random.default_rng(0).normal(0, 3, (1, 36)).astype(np.float32)
    ours, numpys = (
        min(repeat(run, number=200, repeat=20))
        for run in (lambda: linked(logits), lambda: Link()(logits, "multilabel"))
    )
    assert 8 * ours < numpys
