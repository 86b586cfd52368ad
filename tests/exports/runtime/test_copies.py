"""Predictors are copied, pickled, sent to workers and forked: each copy is the bundle, opened and checked again."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import pickletools
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.errors import ArtifactError
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from exports.runtime.bundle_format import read_bundle
from exports.runtime.table_predictor import TablePredictor
from tests.cases.forms_case import FORMS, classifier_of
from tests.cases.import_case import ROOT
from tests.cases.table_case import TEXTS, lineage, task_classifier

NAMES = ("table kernel", "table numpy", "folded", "words", "linear", "linear int", "forest", "ensemble")
COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda predictor: pickle.loads(pickle.dumps(predictor)),
}
PATIENCE_S = 60


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("bundles")
    made = {}
    for name in NAMES:
        made[name] = write_bundle(classifier_of(name, "multilabel"), lineage(), place / name, FORMS[name][0])
    return made


def opened(bundles: dict[str, Path], name: str, threads: int = 1) -> Any:
    return runtime.load(bundles[name], threads=threads, **FORMS[name][1])


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("name", NAMES)
def test_a_copy_answers_with_the_same_bits(bundles: dict[str, Path], name: str, way: str) -> None:
    predictor = opened(bundles, name, threads=2)
    other = COPIES[way](predictor)
    assert other is not predictor
    assert type(other) is type(predictor)
    np.testing.assert_array_equal(other.predict_proba(TEXTS), predictor.predict_proba(TEXTS))
    assert other.opening == predictor.opening


def test_a_copy_is_opened_as_the_first_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bundle(task_classifier("multiclass"), lineage(), tmp_path / "bundle", "table")
    monkeypatch.chdir(tmp_path)
    predictor: Any = runtime.load("bundle", threads=3, engine="numpy", abstain=0.9)
    data = pickle.dumps(predictor)
    monkeypatch.chdir("/")
    other = pickle.loads(data)
    assert (other.threads, other.kernel, other.predict(TEXTS)) == (3, None, predictor.predict(TEXTS))
    assert other.thresholds.tolist() == predictor.thresholds.tolist() == [np.float32(0.9)] * 5


@pytest.mark.parametrize("name", NAMES)
def test_a_pickle_holds_one_name_of_ours_and_plain_values(bundles: dict[str, Path], name: str) -> None:
    data = pickle.dumps(opened(bundles, name), protocol=2)
    assert len(data) < 1000
    operations = list(pickletools.genops(data))
    names = [argument for operation, argument, _ in operations if "GLOBAL" in operation.name]
    assert names == ["exports.runtime.load_bundle load_again"]
    assert sum(operation.name in ("REDUCE", "NEWOBJ", "BUILD", "INST", "OBJ") for operation, _, _ in operations) == 1


def test_a_folder_that_changed_is_refused(bundles: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "served"
    shutil.copytree(bundles["linear"], folder)
    data = pickle.dumps(runtime.load(folder))
    weights = folder / "linear.safetensors"
    good = weights.read_bytes()
    weights.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(ArtifactError, match="sha256 differs"):
        pickle.loads(data)
    shutil.rmtree(folder)
    with pytest.raises(ArtifactError, match="opens its bundle again, but the folder is gone"):
        pickle.loads(data)
    shutil.copytree(bundles["linear int"], folder)
    with pytest.raises(ArtifactError, match="the folder holds another bundle by now"):
        pickle.loads(data)
    assert runtime.load(folder).predict(["a text"]) is not None


def test_what_was_put_together_by_hand_cant_be_opened_again(bundles: dict[str, Path]) -> None:
    by_hand = TablePredictor(read_bundle(bundles["table kernel"]), 1, "auto")
    with pytest.raises(TypeError, match="can be copied or pickled"):
        pickle.dumps(by_hand)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_take_predictors(bundles: dict[str, Path], method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    predictors = [opened(bundles, name) for name in ("table kernel", "folded", "linear")]
    with multiprocessing.get_context(method).Pool(1) as pool:
        for predictor in predictors:
            assert pool.map(predictor.predict, [TEXTS]) == [predictor.predict(TEXTS)]


def test_joblib_takes_predictors(bundles: dict[str, Path]) -> None:
    joblib = pytest.importorskip("joblib")
    from joblib.externals.loky import get_reusable_executor

    predictor = opened(bundles, "folded")
    try:
        found = joblib.Parallel(n_jobs=2)(joblib.delayed(predictor.predict)([text]) for text in TEXTS)
    finally:
        get_reusable_executor().shutdown(wait=True)
    assert [names for (names,) in found] == predictor.predict(TEXTS)


def child_of(work: Callable[[], None]) -> int:
    """Exit code of a forked process that does `work` and ends as any program does; killed when it takes too long."""
    process = os.fork()
    if not process:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return -signal.SIGKILL


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
@pytest.mark.parametrize("name", NAMES)
def test_a_forked_process_answers_while_other_threads_do(bundles: dict[str, Path], name: str) -> None:
    predictor = opened(bundles, name, threads=3)
    texts = [*TEXTS, "a text of many words " * 200] * 4
    want = predictor.predict_proba(texts)
    stop: list[bool] = []

    def work() -> None:
        assert np.allclose(predictor.predict_proba(texts), want, atol=1e-6)

    def keep_busy() -> None:
        while not stop:
            predictor.predict_proba(texts)

    with ThreadPoolExecutor(2) as pool:
        busy = [pool.submit(keep_busy) for _ in range(2)]
        try:
            codes = [child_of(work) for _ in range(3)]
        finally:
            stop.append(True)
    assert codes == [0, 0, 0]
    assert all(one.exception() is None for one in busy)


FORKED = """
import os, sys
from exports import runtime
predictor = runtime.load(sys.argv[1], threads=3)
predictor.predict(["a text"])
if not os.fork():
    if sys.argv[2] == "asked":
        predictor.predict(["a text"])
    sys.exit(0)
print(os.wait()[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
@pytest.mark.parametrize("asked", ["asked", "not asked"])
def test_a_forked_process_ends(bundles: dict[str, Path], asked: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED, str(bundles["folded"]), asked],
        capture_output=True, text=True, timeout=PATIENCE_S, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout == "0\n"
